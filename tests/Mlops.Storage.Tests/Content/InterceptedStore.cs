namespace Mlops.Storage.Tests.Content;

/// <summary>Does something just before each put reads its content.</summary>
internal sealed class InterceptedStore(IObjectStore inner, Action beforePut) : IObjectStore
{
    public string Location => inner.Location;

    public Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
    {
        beforePut();
        return inner.PutIfAbsentAsync(name, content, cancellationToken);
    }

    public Task<ObjectInfo?> FindAsync(ObjectName name, CancellationToken cancellationToken = default) =>
        inner.FindAsync(name, cancellationToken);

    public Task<Stream> OpenReadAsync(
        ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default) =>
        inner.OpenReadAsync(name, offset, length, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken = default) =>
        inner.ListAsync(prefix, cancellationToken);

    public Task<bool> DeleteAsync(ObjectName name, CancellationToken cancellationToken = default) =>
        inner.DeleteAsync(name, cancellationToken);
}
