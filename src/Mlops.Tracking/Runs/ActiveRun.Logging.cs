using Microsoft.Extensions.Logging;
using Mlops.Metadata;

namespace Mlops.Tracking;

public sealed partial class ActiveRun
{
    private readonly Lazy<RunLog> _log;

    /// <summary>
    /// A provider that puts what a program logs through <see cref="ILogger"/> on this run: add it to a factory
    /// (<see cref="RunLoggingExtensions.AddMlopsRun"/>). A line outlives the process once the logging call returns; secrets are taken
    /// out of it. What this SDK itself logs is left out, and once the run has ended nothing is taken any more. Read it with
    /// <see cref="RunCatalog.ReadLogAsync"/>.
    /// </summary>
    public ILoggerProvider CreateLoggerProvider() => new RunLoggerProvider(this);

    /// <summary>
    /// Until it is disposed, what the process writes to the console also becomes lines of this run's log, without secrets: of the
    /// categories <c>console.out</c> and <c>console.error</c>. A secret that goes over several lines is not found.
    /// </summary>
    public IDisposable CaptureConsole() => new ConsoleCapture(this);

    /// <summary>Puts a line on the run; if that has ended, nothing happens.</summary>
    internal void WriteLine(LogLineLevel level, string category, string message, int eventId = 0, string? scope = null, string? exception = null)
    {
        if (_closed is not null)
            return;
        var line = new LogLine(_time.GetUtcNow(), level, category, Clean(message))
        {
            EventId = eventId,
            Scope = scope is null ? null : Clean(scope),
            Exception = exception is null ? null : Clean(exception),
        };
        try
        {
            if (!_log.Value.Write(line))
                CountDropped();
        }
        catch (ObjectDisposedException)
        {
            // the client is gone, and a logger does not throw
        }
    }

    private static string Clean(string text) => EntityText.Cut(Redactor.Redact(text), RunLog.MostCharacters);
}
