namespace Mlops.Storage.Conformance;

/// <summary>Objects whose every step on the way to the disk calls back, such as to be killed there.</summary>
public sealed class SteppedObjects(IObjectStore inner, Action<string> step) : IObjectStore
{
    public string Location => inner.Location;

    public async Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
    {
        step("before put");
        var bytes = new byte[content.Length - content.Position];
        await content.ReadExactlyAsync(bytes, cancellationToken);
        using var half = new TestStream(bytes, bytes.Length / 2, atEveryRead: at =>
        {
            if (at > 0)
                step("in put");
        });
        var outcome = await inner.PutIfAbsentAsync(name, half, cancellationToken);
        step("after put");
        return outcome;
    }

    public Task<ObjectInfo?> FindAsync(ObjectName name, CancellationToken cancellationToken = default) => inner.FindAsync(name, cancellationToken);

    public Task<Stream> OpenReadAsync(ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default) =>
        inner.OpenReadAsync(name, offset, length, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken = default) => inner.ListAsync(prefix, cancellationToken);

    public async Task<bool> DeleteAsync(ObjectName name, CancellationToken cancellationToken = default)
    {
        step("before delete");
        var isDeleted = await inner.DeleteAsync(name, cancellationToken);
        step("after delete");
        return isDeleted;
    }
}
