using System.Security.Cryptography;
using System.Threading.Channels;

namespace Mlops.Storage;

/// <summary>
/// Stores one large content a segment at a time: one task reads and cuts, one hashes the whole, others hash, look up and compress
/// the chunks of a segment each, and the caller packs what is new, in order.
/// </summary>
internal sealed class ChunkedPut(PackStore packs, ContentIndex index, ContentLease.Use use)
{
    private static readonly int SegmentsAhead = Math.Clamp(Environment.ProcessorCount, 2, 8) + 2;
    private readonly Manifest _manifest = new();
    private readonly HashSet<Digest> _packed = [];

    public async Task<ContentInfo> PutAsync(Stream source, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var profile = await index.GetProfileAsync(cancellationToken).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var reader = new SegmentReader(source, profile);
        var segments = Channel.CreateBounded<PreparedSegment>(SegmentsAhead);
        var reading = Task.Run(() => ReadAsync(reader, segments.Writer, stop.Token), CancellationToken.None);
        var writer = new PackWriter(packs, use, PackBuilder.MostBytes);
        await using (writer.ConfigureAwait(false))
        {
            try
            {
                // whoever writes the stream may pause for longer than a lease lasts
                while (await use.WaitAsync(segments.Reader.WaitToReadAsync(stop.Token).AsTask()).ConfigureAwait(false))
                {
                    while (segments.Reader.TryRead(out var segment))
                    {
                        await using (segment.ConfigureAwait(false))
                            await PackAsync(segment, writer, stop.Token).ConfigureAwait(false);
                        progress?.Report(_manifest.SizeBytes);
                    }
                }

                var content = new ContentInfo(await reading.ConfigureAwait(false), _manifest.SizeBytes);
                var known = await index.FindUsableAsync(PackEntryKind.Manifest, [content.Digest], use, stop.Token).ConfigureAwait(false);
                await writer.FinishAsync(content.Digest, known.Count == 0 ? _manifest : null, stop.Token).ConfigureAwait(false);
                return content;
            }
            finally
            {
                // nobody reads the caller's stream any more once this returns
                await stop.CancelAsync().ConfigureAwait(false);
                await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                while (segments.Reader.TryRead(out var left))
                    await left.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads to the end; returns the digest of the whole.</summary>
    private async Task<Digest> ReadAsync(SegmentReader reader, ChannelWriter<PreparedSegment> segments, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var whole = Task.CompletedTask;
        try
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false) is { } segment)
            {
                whole = AppendAsync(hash, segment, whole);
                await WriteAsync(segments, new PreparedSegment(segment, index, use, whole, cancellationToken), cancellationToken).ConfigureAwait(false);
            }

            segments.Complete();
            await whole.ConfigureAwait(false);
            return Digest.Of(hash);
        }
        catch (Exception e)
        {
            segments.TryComplete(e);
            await whole.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private static async Task WriteAsync(ChannelWriter<PreparedSegment> segments, PreparedSegment segment, CancellationToken cancellationToken)
    {
        try
        {
            await segments.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await segment.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task AppendAsync(IncrementalHash hash, ChunkSegment segment, Task before)
    {
        await before.ConfigureAwait(false);
        await Task.Run(() => hash.AppendData(segment.Buffer, 0, segment.Length)).ConfigureAwait(false);
    }

    private async Task PackAsync(PreparedSegment segment, PackWriter writer, CancellationToken cancellationToken)
    {
        await segment.Settled.ConfigureAwait(false);

        // a content of which all is known commits nothing for as long as it takes to read it
        await use.RenewIfDueAsync(cancellationToken).ConfigureAwait(false);
        _manifest.ThrowIfTooLarge();
        for (var i = 0; i < segment.Chunks.Length; i++)
        {
            var chunk = segment.Chunks[i];
            _manifest.Add(chunk);
            if (segment.IsNew(i) && _packed.Add(chunk.Digest))
                await writer.AddAsync(PackEntryKind.Chunk, chunk.Digest, segment[i], segment.Compressed(i), cancellationToken).ConfigureAwait(false);
        }
    }
}
