using System.Buffers.Binary;
using System.Security.Cryptography;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Mlops.Storage.AzureBlobs;

/// <summary>
/// One put of one object. The blob carries an id of this put, so that a blob which appeared while an answer was lost is told from
/// one that another writer put.
/// </summary>
internal sealed class BlobPut(BlockBlobClient blob, string what, string location)
{
    private const string IdKey = "mlopsput";
    private const int PartsInFlight = 4;
    private const int MostParts = 50_000;
    private const long MostBytes = (long)MostParts * Part.FullBytes;
    private const int Attempts = 5;
    private static readonly UploadTransferValidationOptions Checksum = new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 };
    private readonly Dictionary<string, string> _metadata = new() { [IdKey] = RandomNumberGenerator.GetHexString(32, lowercase: true) };
    private readonly BlobRequestConditions _ifAbsent = new() { IfNoneMatch = ETag.All };

    public async Task<PutOutcome> RunAsync(Stream content, CancellationToken cancellationToken)
    {
        if (ContentLength.Find(content) is > MostBytes and var length)
            throw TooLong($"{length} bytes");
        var start = content.CanSeek ? content.Position : 0;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var first = await Part.ReadAsync(content, cancellationToken).ConfigureAwait(false);
                return await (first.IsFull ? PutBlocksAsync(first, content, cancellationToken) : PutWholeAsync(first, cancellationToken))
                    .ConfigureAwait(false);
            }
            catch (StorageUnavailableException e) when (BlobTrouble.IsBlocksGone(e.InnerException) && content.CanSeek && attempt < Attempts)
            {
                content.Position = start;
            }
        }
    }

    private static ArgumentException TooLong(string has) =>
        new($"The content has {has}; a blob has at most {MostBytes} here. Store it in parts.");

    private async Task<PutOutcome> PutWholeAsync(Part part, CancellationToken cancellationToken)
    {
        var options = new BlobUploadOptions { Conditions = _ifAbsent, Metadata = _metadata, TransferValidation = Checksum };
        try
        {
            return await SendAsync(() => blob.UploadAsync(part.OpenRead(), options, cancellationToken), isLast: true, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (StorageUnavailableException e) when (BlobTrouble.IsTaken(e.InnerException!))
        {
            // but not by a blob: blocks that an interrupted upload left can be in the way of this request, not of a list of blocks
            return await PutBlocksAsync(part, Stream.Null, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<PutOutcome> PutBlocksAsync(Part first, Stream content, CancellationToken cancellationToken)
    {
        var known = new HashSet<(string Id, long Length)>();
        if (await FindUploadedAsync(known, cancellationToken).ConfigureAwait(false) is { } outcome)
            return outcome;
        var ids = await UploadAsync(first, content, known, cancellationToken).ConfigureAwait(false);
        var options = new CommitBlockListOptions { Conditions = _ifAbsent, Metadata = _metadata };
        return await SendAsync(() => blob.CommitBlockListAsync(ids, options, cancellationToken), isLast: true, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>The ids of all blocks in order, each of which is up.</summary>
    private async Task<string[]> UploadAsync(
        Part first, Stream content, HashSet<(string Id, long Length)> known, CancellationToken cancellationToken)
    {
        var blocks = new List<Task<string>>();
        var sending = new List<Task>(PartsInFlight);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            for (var part = first; ; part = await Part.ReadAsync(content, cancellationToken).ConfigureAwait(false))
            {
                if (part.Length == 0)
                {
                    part.Dispose();
                    return await Task.WhenAll(blocks).ConfigureAwait(false);
                }

                if (blocks.Count == MostParts)
                {
                    part.Dispose();
                    throw TooLong($"more than {MostBytes} bytes");
                }

                var block = StageAsync(blocks.Count, part, known, stop.Token);
                blocks.Add(block);
                sending.Add(block);
                if (sending.Count == PartsInFlight)
                {
                    var sent = await Task.WhenAny(sending).ConfigureAwait(false);
                    sending.Remove(sent);
                    await sent.ConfigureAwait(false);
                }
            }
        }
        catch
        {
            // the buffers are in use until they have ended
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private async Task<string> StageAsync(int place, Part part, HashSet<(string Id, long Length)> known, CancellationToken cancellationToken)
    {
        using (part)
        {
            var md5 = await Task.Run(part.Md5, cancellationToken).ConfigureAwait(false);
            var id = BlockId(place, md5);
            if (known.Contains((id, part.Length)))
                return id;
            var options = new BlockBlobStageBlockOptions
            {
                TransferValidation = new UploadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5, PrecalculatedChecksum = md5 },
            };
            await SendAsync(() => blob.StageBlockAsync(id, part.OpenRead(), options, cancellationToken), isLast: false, cancellationToken)
                .ConfigureAwait(false);
            return id;
        }
    }

    /// <summary>
    /// Names a block by its place and content, so that an interrupted put is taken up and writers of one name do not disturb each
    /// other. Of one length for all blocks, as Azure demands.
    /// </summary>
    private static string BlockId(int place, byte[] md5)
    {
        var id = new byte[sizeof(int) + MD5.HashSizeInBytes];
        BinaryPrimitives.WriteInt32BigEndian(id, place);
        md5.CopyTo(id, sizeof(int));
        return Convert.ToBase64String(id);
    }

    /// <summary>Sends until it is known what became of it.</summary>
    /// <param name="send">Sends once, with the SDK's own retries.</param>
    /// <param name="isLast">Whether this makes the blob visible.</param>
    /// <param name="cancellationToken">Cancels.</param>
    private async Task<PutOutcome> SendAsync(Func<Task> send, bool isLast, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await send().ConfigureAwait(false);
                return PutOutcome.Created;
            }
            catch (Exception e) when (BlobTrouble.IsTrouble(e, cancellationToken))
            {
                if (isLast && BlobTrouble.IsOpen(e) && await FindOutcomeAsync(cancellationToken).ConfigureAwait(false) is { } outcome)
                    return outcome;
                if (attempt == Attempts || !BlobTrouble.IsPassing(e))
                    throw BlobTrouble.Explain(e, what, location);
            }
        }
    }

    /// <summary>What is under the name now: ours, another's, or nothing (null), as far as can be found out.</summary>
    private async Task<PutOutcome?> FindOutcomeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await blob.FindAsync(cancellationToken).ConfigureAwait(false) is not { } found ? null
                : found.Metadata.TryGetValue(IdKey, out var id) && id == _metadata[IdKey] ? PutOutcome.Created
                : PutOutcome.AlreadyThere;
        }
        catch (Exception e) when (BlobTrouble.IsTrouble(e, cancellationToken))
        {
            return null; // the error of the put says more
        }
    }

    /// <summary>Adds the blocks that an interrupted put has left, unless the blob is there already.</summary>
    private async Task<PutOutcome?> FindUploadedAsync(HashSet<(string Id, long Length)> known, CancellationToken cancellationToken)
    {
        try
        {
            if (await blob.FindAsync(cancellationToken).ConfigureAwait(false) is not null)
                return PutOutcome.AlreadyThere;
            var list = await blob.GetBlockListAsync(BlockListTypes.Uncommitted, cancellationToken: cancellationToken).ConfigureAwait(false);
            foreach (var block in list.Value.UncommittedBlocks)
                known.Add((block.Name, block.SizeLong));
        }
        catch (RequestFailedException e) when (BlobTrouble.IsAbsent(e))
        {
            // nobody has begun
        }
        catch (Exception e) when (BlobTrouble.IsTrouble(e, cancellationToken))
        {
            throw BlobTrouble.Explain(e, what, location);
        }

        return null;
    }
}
