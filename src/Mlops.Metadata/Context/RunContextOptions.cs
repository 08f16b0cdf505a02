namespace Mlops.Metadata;

/// <summary>
/// What runs capture by themselves. Everything built in is on by default, and off by its name; <c>docs/context.md</c> lists the
/// names. What is set after a client was opened does not change that client.
/// </summary>
public sealed class RunContextOptions
{
    private readonly HashSet<string> _off = new(StringComparer.Ordinal);
    private readonly List<IRunContextProvider> _providers = [];

    /// <summary>What was added to that which is built in, in this order.</summary>
    public IReadOnlyList<IRunContextProvider> Providers => _providers;

    /// <summary>The names that are switched off.</summary>
    public IReadOnlyCollection<string> Off => _off;

    /// <summary>False once nothing at all is captured.</summary>
    public bool IsOn { get; private set; } = true;

    /// <summary>
    /// The environment variables that are captured where they are set; no others are. Those that are there by default say how
    /// many threads or which GPUs a program may use, and which job of a build server or cluster it is.
    /// </summary>
    public ISet<string> EnvironmentVariables { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "ASPNETCORE_ENVIRONMENT", "BUILD_BUILDID", "CI", "CI_JOB_ID", "CUDA_VISIBLE_DEVICES", "DOTNET_ENVIRONMENT", "DOTNET_gcServer",
        "DOTNET_PROCESSOR_COUNT", "GITHUB_RUN_ID", "MKL_NUM_THREADS", "NVIDIA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "PBS_JOBID", "SLURM_JOB_ID",
    };

    /// <summary>
    /// How long after its start a run's end waits for providers; 5 seconds by default, 10 ms to 10 minutes. Starting a run never waits for
    /// one. One that takes longer goes on in the background: what it tells is on the run as soon as it answers while the run is open, and
    /// at the end it is cancelled and noted on the run. It is not asked for other runs meanwhile.
    /// </summary>
    public TimeSpan Bound { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Switches off what has these names: <c>o.Context.Without("host", "command")</c>.</summary>
    public RunContextOptions Without(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            _off.Add(name);
        return this;
    }

    /// <summary>Switches off everything.</summary>
    public RunContextOptions WithoutAll()
    {
        IsOn = false;
        return this;
    }

    /// <summary>Adds a provider, in the place of one that was added under the same name.</summary>
    /// <exception cref="ArgumentException">The provider's name is not allowed.</exception>
    public RunContextOptions Add(IRunContextProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        var name = provider.Name;
        if (name is not { Length: >= 1 and <= 100 } || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw new ArgumentException($"'{name}' cannot be the name of a provider; use 1 to 100 letters, digits, '-', '_' and '.'.", nameof(provider));
        _providers.RemoveAll(p => p.Name == name);
        _providers.Add(provider);
        return this;
    }
}
