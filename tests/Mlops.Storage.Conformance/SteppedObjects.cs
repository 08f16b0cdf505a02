namespace Mlops.Storage.Conformance;

/// <summary>Objects that call back around each put and delete, such as to be killed there.</summary>
public sealed class SteppedObjects(IObjectStore inner, Action<string> step) : PassingObjects(inner)
{
    public override async Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
    {
        step("before put");
        var outcome = await base.PutIfAbsentAsync(name, content, cancellationToken);
        step("after put");
        return outcome;
    }

    public override async Task<bool> DeleteAsync(ObjectName name, CancellationToken cancellationToken = default)
    {
        step("before delete");
        var isDeleted = await base.DeleteAsync(name, cancellationToken);
        step("after delete");
        return isDeleted;
    }
}
