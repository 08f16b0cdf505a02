namespace Mlops.Storage.Conformance;

/// <summary>Objects whose every step on the way to the disk calls back, such as to be killed there.</summary>
public sealed class SteppedObjects(IObjectStore inner, Action<string> step) : PassingObjects(inner)
{
    public override async Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
    {
        step("before put");
        var bytes = new byte[content.Length - content.Position];
        await content.ReadExactlyAsync(bytes, cancellationToken);
        using var half = new TestStream(bytes, bytes.Length / 2, atEveryRead: at =>
        {
            if (at > 0)
                step("in put");
        });
        var outcome = await base.PutIfAbsentAsync(name, half, cancellationToken);
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
