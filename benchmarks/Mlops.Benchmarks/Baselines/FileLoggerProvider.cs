using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Mlops.Benchmarks.Baselines;

/// <summary>A plain logger to a text file that hands each line to the system, so that it outlives the process.</summary>
internal sealed class FileLoggerProvider(string path) : ILoggerProvider
{
    private readonly FileStream _file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
    private StreamWriter? _writer;

    public ILogger CreateLogger(string categoryName) =>
        new FileLogger(_writer ??= new StreamWriter(_file) { AutoFlush = true }, categoryName);

    public void Flush() => _file.Flush(flushToDisk: true);

    public void Dispose()
    {
        _writer?.Dispose();
        _file.Dispose();
    }

    private sealed class FileLogger(StreamWriter writer, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = string.Create(
                CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:O} [{logLevel}] {category}[{eventId.Id}]: {formatter(state, exception)}");
            lock (writer)
                writer.WriteLine(line);
        }
    }
}
