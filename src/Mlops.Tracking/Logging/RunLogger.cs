using System.Text;
using Microsoft.Extensions.Logging;
using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>Writes what one category logs to a run.</summary>
internal sealed class RunLogger(RunLoggerProvider provider, string category) : ILogger
{
    // what the SDK says of its own trouble must not make it more work
    private readonly bool _isOfSdk = category is "Mlops.Sdk" || category.StartsWith("Mlops.Sdk.", StringComparison.Ordinal);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => provider.Scopes.Push(state);

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Trace and < LogLevel.None && !_isOfSdk && provider.Run is not null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        if (IsEnabled(logLevel))
            provider.Run?.WriteLine((LogLineLevel)logLevel, category, formatter(state, exception), eventId.Id, Scope(), exception?.ToString());
    }

    private string? Scope()
    {
        StringBuilder? text = null;
        provider.Scopes.ForEachScope((scope, _) => (text = text?.Append(" => ") ?? new StringBuilder()).Append(scope), 0);
        return text?.ToString();
    }
}
