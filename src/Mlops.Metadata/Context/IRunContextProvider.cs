namespace Mlops.Metadata;

/// <summary>
/// Tells what a run was started in: the machine, the commit, whatever a program adds. It is asked once for each run, on a thread
/// of the pool, perhaps for several runs at once. What it throws or how long it takes never harms the run: it is logged and shown
/// on the run.
/// </summary>
public interface IRunContextProvider
{
    /// <summary>The name by which it is switched off: 1 to 100 letters, digits, <c>-</c>, <c>_</c> or <c>.</c>.</summary>
    string Name { get; }

    /// <summary>What there is to tell; nothing if there is nothing. Secrets are taken out of it before it is stored.</summary>
    /// <param name="run">The run that was started.</param>
    /// <param name="cancellationToken">Cancelled when nobody waits any more.</param>
    Task<IReadOnlyList<RunContextValue>> CaptureAsync(RunContextInput run, CancellationToken cancellationToken);
}
