using Microsoft.Extensions.Logging;

namespace Mlops.Tracking;

/// <summary>Makes the loggers that write to one run.</summary>
[ProviderAlias("MlopsRun")]
internal sealed class RunLoggerProvider(ActiveRun run) : ILoggerProvider, ISupportExternalScope
{
    public IExternalScopeProvider Scopes { get; private set; } = new LoggerExternalScopeProvider();

    public ILogger CreateLogger(string categoryName) => new RunLogger(run, this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => Scopes = scopeProvider;

    public void Dispose()
    {
        // the run is not the provider's
    }
}
