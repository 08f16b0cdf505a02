using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Mlops.Tracking.Tests;

/// <summary>Keeps what is logged.</summary>
internal sealed class LogSink : ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> _entries = new();

    public IReadOnlyList<string> Of(int id) => [.. _entries.Where(e => e.Id == id).Select(e => e.Text)];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _entries.Enqueue((eventId.Id, exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception}"));
}
