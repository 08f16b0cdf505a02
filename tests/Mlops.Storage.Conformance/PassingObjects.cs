namespace Mlops.Storage.Conformance;

/// <summary>Passes everything on, for those that interfere with something.</summary>
public abstract class PassingObjects(IObjectStore inner) : IObjectStore
{
    public string Location => inner.Location;

    public virtual Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default) =>
        inner.PutIfAbsentAsync(name, content, cancellationToken);

    public virtual Task<ObjectInfo?> FindAsync(ObjectName name, CancellationToken cancellationToken = default) => inner.FindAsync(name, cancellationToken);

    public virtual Task<Stream> OpenReadAsync(ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default) =>
        inner.OpenReadAsync(name, offset, length, cancellationToken);

    public virtual IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken = default) => inner.ListAsync(prefix, cancellationToken);

    public virtual Task<bool> DeleteAsync(ObjectName name, CancellationToken cancellationToken = default) => inner.DeleteAsync(name, cancellationToken);
}
