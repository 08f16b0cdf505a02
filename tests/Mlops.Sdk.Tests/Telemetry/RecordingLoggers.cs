using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Mlops.Sdk.Tests.Telemetry;

/// <summary>Keeps every message.</summary>
internal sealed class RecordingLoggers : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<LoggedMessage> _entries = new();

    public IReadOnlyCollection<LoggedMessage> Entries => _entries;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _entries.Enqueue(new LoggedMessage(logLevel, eventId, formatter(state, exception), exception));

    public void Dispose()
    {
    }
}
