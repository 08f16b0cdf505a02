using Microsoft.Extensions.Logging;

namespace Mlops.Tracking;

/// <summary>Makes the loggers that write to one run.</summary>
[ProviderAlias("MlopsRun")]
internal sealed class RunLoggerProvider(ActiveRun run) : ILoggerProvider, ISupportExternalScope
{
    private volatile ActiveRun? _run = run;

    /// <summary>The run while it takes lines. Once it is over it is let go of, because a factory never lets go of its providers.</summary>
    public ActiveRun? Run
    {
        get
        {
            var run = _run;
            if (run is not { IsClosed: true })
                return run;
            if (run.IsOver)
                _run = null;
            return null;
        }
    }

    public IExternalScopeProvider Scopes { get; private set; } = new LoggerExternalScopeProvider();

    public ILogger CreateLogger(string categoryName) => new RunLogger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => Scopes = scopeProvider;

    public void Dispose()
    {
        // the run is not the provider's
    }
}
