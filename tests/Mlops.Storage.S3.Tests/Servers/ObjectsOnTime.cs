using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Mlops.Storage.S3.Tests;

/// <summary>Tells the age of objects by a test's clock, which the server does not follow.</summary>
internal sealed class ObjectsOnTime(IObjectStore inner, TimeProvider time) : IObjectStore
{
    private readonly ConcurrentDictionary<ObjectName, DateTimeOffset> _created = new();

    public string Location => inner.Location;

    public Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
    {
        _created.TryAdd(name, time.GetUtcNow());
        return inner.PutIfAbsentAsync(name, content, cancellationToken);
    }

    public async Task<ObjectInfo?> FindAsync(ObjectName name, CancellationToken cancellationToken = default) =>
        OnTime(await inner.FindAsync(name, cancellationToken));

    public Task<Stream> OpenReadAsync(ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default) =>
        inner.OpenReadAsync(name, offset, length, cancellationToken);

    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var one in inner.ListAsync(prefix, cancellationToken))
            yield return OnTime(one)!;
    }

    public Task<bool> DeleteAsync(ObjectName name, CancellationToken cancellationToken = default)
    {
        _created.TryRemove(name, out _);
        return inner.DeleteAsync(name, cancellationToken);
    }

    private ObjectInfo? OnTime(ObjectInfo? info) =>
        info is null ? null : info with { Created = _created.GetValueOrDefault(info.Name, info.Created) };
}
