using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>Tells what stays the same as long as the process lives, and so is found out once, however many clients ask.</summary>
internal sealed class ProcessProvider(string name, Func<IEnumerable<RunContextValue>> capture) : IRunContextProvider
{
    private readonly Lazy<CapturedPart> _part = new(() => new CapturedPart(name, ContextText.Clean([.. capture()])));

    public string Name => name;

    /// <summary>What was found out already; null before that, or if that failed.</summary>
    public CapturedPart? Known => _part.IsValueCreated ? _part.Value : null;

    public Task<IReadOnlyList<RunContextValue>> CaptureAsync(RunContextInput run, CancellationToken cancellationToken) =>
        Task.FromResult(_part.Value.Values);
}
