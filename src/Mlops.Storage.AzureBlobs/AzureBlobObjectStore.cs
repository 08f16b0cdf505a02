using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Mlops.Storage.AzureBlobs;

/// <summary>
/// Objects as block blobs of one container, each whole or absent. Content of 8 MiB or more goes up as blocks of 8 MiB, four at a
/// time, so that a put holds at most 32 MiB; a put that was interrupted goes on with the blocks that are up when it is made again.
/// Azure removes blocks that nobody completed after a week. Requests are retried as the options of the client say. Thread-safe,
/// and safe between processes. The account must have no hierarchical namespace.
/// </summary>
public sealed class AzureBlobObjectStore : IObjectStore
{
    private const int MostPrefixCharacters = 200;
    private readonly BlobContainerClient _container;
    private readonly string _prefix;
    private readonly int? _pageSize;

    /// <summary>Takes a container, which must exist when an object is put. Nothing is sent yet.</summary>
    /// <param name="container">The container, with its credentials and its options for retries.</param>
    /// <param name="prefix">The folder within it, such as <c>teams/a</c>, at most 200 characters; empty for the whole container.</param>
    /// <exception cref="ArgumentException">The prefix is too long or has empty segments, <c>.</c>, <c>..</c> or odd characters.</exception>
    public AzureBlobObjectStore(BlobContainerClient container, string prefix = "")
        : this(container, prefix, pageSize: null)
    {
    }

    internal AzureBlobObjectStore(BlobContainerClient container, string prefix, int? pageSize)
    {
        ArgumentNullException.ThrowIfNull(container);
        Location = LocationOf(container, prefix);
        _container = container;
        _prefix = prefix.Length == 0 ? "" : prefix + "/";
        _pageSize = pageSize;
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <summary>
    /// Stores an object unless the name is taken; of racing writers one wins. Durable when it returns. If the stream fails, nothing
    /// is stored; nor if the call is cancelled, unless the last request was on its way. An answer that was lost is found out.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="content">Read from its position to its end; at most 390 GiB. A stream that can seek may be read twice.</param>
    /// <param name="cancellationToken">Cancels before the object becomes visible.</param>
    /// <exception cref="ArgumentException">The content is longer; told at once where the stream knows its length.</exception>
    /// <exception cref="StorageUnavailableException">The container is missing, unreachable, or refuses the credentials.</exception>
    public Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        cancellationToken.ThrowIfCancellationRequested();
        return new BlobPut(Blob(name), name.Value, Location).RunAsync(content, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ObjectInfo?> FindAsync(ObjectName name, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await Blob(name).FindAsync(cancellationToken).ConfigureAwait(false) is { } found
                ? new ObjectInfo(name, found.ContentLength, Taken(found.LastModified))
                : null;
        }
        catch (Exception e) when (BlobTrouble.IsTrouble(e, cancellationToken))
        {
            throw BlobTrouble.Explain(e, name.Value, Location);
        }
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(
        ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        cancellationToken.ThrowIfCancellationRequested();
        if (length != 0)
        {
            try
            {
                var range = new HttpRange(offset, length is { } most ? Math.Min(most, long.MaxValue - offset) : null);
                var answer = await Blob(name).DownloadStreamingAsync(new BlobDownloadOptions { Range = range }, cancellationToken)
                    .ConfigureAwait(false);
                return new BlobReadStream(answer.Value.Content, name.Value, Location);
            }
            catch (RequestFailedException e) when (e.Status == 416)
            {
                // the range begins at the end or beyond it
            }
            catch (RequestFailedException e) when (BlobTrouble.IsAbsent(e))
            {
                throw Absent(name);
            }
            catch (Exception e) when (BlobTrouble.IsTrouble(e, cancellationToken))
            {
                throw BlobTrouble.Explain(e, name.Value, Location);
            }
        }

        var found = await FindAsync(name, cancellationToken).ConfigureAwait(false) ?? throw Absent(name);
        return offset <= found.SizeBytes
            ? Stream.Null
            : throw new ArgumentOutOfRangeException(nameof(offset), offset, $"The object '{name}' has {found.SizeBytes} bytes.");
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        cancellationToken.ThrowIfCancellationRequested();
        var pages = _container.GetBlobsAsync(new GetBlobsOptions { Prefix = _prefix + prefix }, cancellationToken)
            .AsPages(pageSizeHint: _pageSize).GetAsyncEnumerator(cancellationToken);
        await using var _ = pages.ConfigureAwait(false);
        var last = "";
        while (await NextAsync(pages, cancellationToken).ConfigureAwait(false) is { } page)
        {
            foreach (var blob in page.Values)
            {
                if (Parse(blob.Name) is not { } name)
                    continue;
                last = string.CompareOrdinal(last, name.Value) < 0 ? name.Value : throw OutOfOrder(last, name);
                yield return new ObjectInfo(name, blob.Properties.ContentLength ?? 0, Taken(blob.Properties.LastModified));
            }
        }
    }

    /// <summary>
    /// Deletes an object with its snapshots; false if there was none. It is also false for an object that this call deleted where
    /// the answer was lost and the retry found nothing.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The container cannot be reached, refuses, or keeps the object by a policy.</exception>
    public async Task<bool> DeleteAsync(ObjectName name, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await Blob(name).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (BlobTrouble.IsTrouble(e, cancellationToken))
        {
            throw BlobTrouble.Explain(e, name.Value, Location);
        }
    }

    /// <summary>The container without what a signed address holds beyond it.</summary>
    internal static string LocationOf(BlobContainerClient container, string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var isFit = prefix.Length <= MostPrefixCharacters
            && prefix.Split('/').All(s => s.Length > 0 && s[^1] != '.' && s.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'));
        if (prefix.Length > 0 && !isFit)
        {
            throw new ArgumentException(
                $"'{prefix}' is no prefix for objects: segments of [A-Za-z0-9._-] that do not end in '.', divided by '/', at most {MostPrefixCharacters} characters.",
                nameof(prefix));
        }

        var place = $"azblob://{container.AccountName}/{container.Name}";
        return prefix.Length == 0 ? place : $"{place}/{prefix}";
    }

    // when it was made says nothing: for blocks it may be the time of the first one. Blobs of ours are never modified.
    private static DateTimeOffset Taken(DateTimeOffset? lastModified) => lastModified ?? DateTimeOffset.UnixEpoch;

    private BlockBlobClient Blob(ObjectName name) => _container.GetBlockBlobClient(_prefix + name.Value);

    private NotFoundException Absent(ObjectName name) => new($"There is no object '{name}' in '{Location}'.");

    private async Task<Page<BlobItem>?> NextAsync(IAsyncEnumerator<Page<BlobItem>> pages, CancellationToken cancellationToken)
    {
        try
        {
            return await pages.MoveNextAsync().ConfigureAwait(false) ? pages.Current : null;
        }
        catch (Exception e) when (BlobTrouble.IsTrouble(e, cancellationToken))
        {
            throw BlobTrouble.Explain(e, "the list of objects", Location);
        }
    }

    private ObjectName? Parse(string blobName)
    {
        try
        {
            return ObjectName.Parse(blobName[_prefix.Length..]);
        }
        catch (FormatException)
        {
            return null; // put there by somebody else
        }
    }

    private StorageUnavailableException OutOfOrder(string last, ObjectName name) => new(
        $"'{Location}' lists '{name}' after '{last}', as accounts with a hierarchical namespace do; use an account without one.")
    {
        NeedsRepair = true,
    };
}
