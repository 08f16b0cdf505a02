using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Tracking.Tests;

/// <summary>Each put waits for the gate first, which is told whether it is the first one, and may throw.</summary>
internal sealed class GatedObjects(IObjectStore inner, Func<bool, Task> gate) : PassingObjects(inner)
{
    private int _puts;

    public override async Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
    {
        await gate(Interlocked.Increment(ref _puts) == 1).WaitAsync(cancellationToken);
        return await base.PutIfAbsentAsync(name, content, cancellationToken);
    }
}
