using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Mlops.Storage;

namespace Mlops.Sdk.Tests.Docs;

#region object store
public sealed class MemoryObjectStore(TimeProvider time) : IObjectStore
{
    private readonly ConcurrentDictionary<string, (byte[] Bytes, DateTimeOffset Created)> _objects = new(StringComparer.Ordinal);

    public string Location => "memory";

    public async Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        return _objects.TryAdd(name.Value, (bytes.ToArray(), time.GetUtcNow())) ? PutOutcome.Created : PutOutcome.AlreadyThere;
    }

    public Task<ObjectInfo?> FindAsync(ObjectName name, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(
            _objects.TryGetValue(name.Value, out var found) ? new ObjectInfo(name, found.Bytes.Length, found.Created) : null);
    }

    public Task<Stream> OpenReadAsync(
        ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_objects.TryGetValue(name.Value, out var found))
            throw new NotFoundException($"There is no object '{name}' in '{Location}'.");
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, found.Bytes.Length);
        var count = (int)Math.Min(length ?? long.MaxValue, found.Bytes.Length - offset);
        return Task.FromResult<Stream>(new MemoryStream(found.Bytes, (int)offset, count, writable: false));
    }

    public async IAsyncEnumerable<ObjectInfo> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var names = _objects.Keys.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var name in names)
        {
            if (await FindAsync(ObjectName.Parse(name), cancellationToken).ConfigureAwait(false) is { } found)
                yield return found;
        }
    }

    public Task<bool> DeleteAsync(ObjectName name, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_objects.TryRemove(name.Value, out _));
    }
}
#endregion
