using Microsoft.Extensions.Logging;

namespace Mlops.Tracking;

/// <summary>Joins Microsoft.Extensions.Logging and runs.</summary>
public static class RunLoggingExtensions
{
    /// <summary>
    /// From now on what the factory's loggers log also becomes lines of the run's log, until the run ends. Loggers that were made
    /// before take part. Filters name the provider <c>MlopsRun</c>.
    /// </summary>
    /// <remarks>
    /// A factory keeps what was added to it, though the run itself is let go of: each run makes every later call of its loggers a
    /// little dearer. A program that makes many runs gives each a factory of its own.
    /// </remarks>
    /// <param name="loggers">The factory.</param>
    /// <param name="run">The run.</param>
    public static ILoggerFactory AddMlopsRun(this ILoggerFactory loggers, ActiveRun run)
    {
        ArgumentNullException.ThrowIfNull(loggers);
        ArgumentNullException.ThrowIfNull(run);
        loggers.AddProvider(run.CreateLoggerProvider());
        return loggers;
    }
}
