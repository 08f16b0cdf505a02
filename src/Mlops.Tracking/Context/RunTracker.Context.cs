using Mlops.Metadata;

namespace Mlops.Tracking;

public sealed partial class RunTracker
{
    /// <summary>Says that a run is ending, so that its context is not waited for any longer than the bound.</summary>
    internal void EndContext(RunId run) => _context.End(run);
}
