using System.Collections.Concurrent;

namespace Mlops.Storage.S3;

/// <summary>
/// The bytes of large objects as they are at the beginning of a listing. Those to which no marker points when the listing ends
/// are of a put that is under way, or was interrupted; the old ones are removed, as are old uploads.
/// </summary>
internal sealed class Leftovers
{
    private readonly Bucket _bucket;
    private readonly string _prefix;
    private readonly ConcurrentDictionary<string, Bucket.Entry> _unclaimed = new();

    private Leftovers(Bucket bucket, string prefix) => (_bucket, _prefix) = (bucket, LargeKey.Area + prefix);

    public static async Task<Leftovers> ReadAsync(Bucket bucket, string prefix, CancellationToken cancellationToken)
    {
        var leftovers = new Leftovers(bucket, prefix);
        await foreach (var page in bucket.ListAsync(leftovers._prefix, cancellationToken).ConfigureAwait(false))
        {
            foreach (var entry in page)
            {
                if (LargeKey.TryParse(entry.Key) is { } key)
                    leftovers._unclaimed[key.Id] = entry;
            }
        }

        return leftovers;
    }

    /// <summary>A marker points to these bytes. False if they were not there when the listing began.</summary>
    public bool Claim(string id) => _unclaimed.TryRemove(id, out _);

    public async Task RemoveAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var (id, entry) in _unclaimed.Where(u => u.Value.Modified < before))
            {
                // the listing may have read its markers long ago
                var name = LargeKey.TryParse(entry.Key)!.Value.Name.Value;
                if ((await _bucket.FindAsync(name, cancellationToken).ConfigureAwait(false))?.Stamp?.Id != id)
                    await _bucket.DeleteAsync(entry.Key, cancellationToken).ConfigureAwait(false);
            }

            await foreach (var upload in _bucket.ListUploadsAsync(_prefix, cancellationToken).ConfigureAwait(false))
            {
                if (upload.Began < before)
                    await _bucket.AbortUploadAsync(upload, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (StorageUnavailableException)
        {
            // who may only read may list nevertheless; a later listing tries again
        }
    }
}
