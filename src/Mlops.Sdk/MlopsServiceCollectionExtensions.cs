using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Mlops.Sdk;

/// <summary>The second door: dependency injection.</summary>
public static class MlopsServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="MlopsClient"/>, opened when it is first asked for and disposed with the container, which must be
    /// disposed asynchronously, as hosts do. It uses the
    /// container's <see cref="ILoggerFactory"/> and <see cref="TimeProvider"/> where there are any. Bad options fail at that
    /// first moment, with a message that names the option.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets options; null for the defaults.</param>
    public static IServiceCollection AddMlops(this IServiceCollection services, Action<MlopsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(provider =>
        {
            var options = new MlopsOptions();
            if (provider.GetService<ILoggerFactory>() is { } loggers)
                options.LoggerFactory = loggers;
            if (provider.GetService<TimeProvider>() is { } time)
                options.Time = time;
            configure?.Invoke(options);
            return MlopsClient.Open(options);
        });
        return services;
    }
}
