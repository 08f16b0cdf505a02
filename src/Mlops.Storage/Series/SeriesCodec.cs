namespace Mlops.Storage;

/// <summary>
/// The compressed form of series chunks, version 1. A chunk is: version (1 byte = 1), <see cref="SeriesType"/> (1), number of
/// points (2, little-endian); the columns of steps and of times; the values; CRC-32C of everything before (4, little-endian).
/// A column of 64-bit numbers is either even (one difference for all) or cut in blocks of 128, each packed to the bits it needs
/// as numbers or as differences. Numbers are 1 byte for the mapping (1 integers, 2 the bits of 32-bit floats, 3 the bits of
/// doubles, sortable) and a column; every bit comes back. Texts are a column of their lengths in UTF-8 and those bytes; digests
/// are 32 bytes each. docs/series-blocks.md gives every byte. Stateless and thread-safe.
/// </summary>
public static class SeriesCodec
{
    /// <summary>Points per statistics block.</summary>
    public const int BlockPoints = 128;

    /// <summary>Most points in a chunk.</summary>
    public const int ChunkPoints = 8192;

    /// <summary>A chunk of texts that has so many bytes is full, however few its points: an open one is written again with each append.</summary>
    internal const int TextChunkBytes = 64 * 1024;

    /// <summary>Encodes 1 to <see cref="ChunkPoints"/> points. Lone surrogates in texts become U+FFFD.</summary>
    /// <exception cref="ArgumentException">There is no point, or there are too many.</exception>
    public static SeriesChunk Encode(SeriesColumns points)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.Count is < 1 or > ChunkPoints)
            throw new ArgumentException($"A chunk takes 1 to {ChunkPoints} points, not {points.Count}.", nameof(points));
        return ChunkWriter.Write(points);
    }

    /// <summary>Decodes a chunk.</summary>
    /// <exception cref="IntegrityException">The bytes are not a chunk as it was written.</exception>
    public static SeriesColumns Decode(ReadOnlySpan<byte> data) => ChunkReader.Open(data).ToColumns();

    /// <summary>
    /// Works out what to store when points are added behind the open tail. Chunks of exactly <see cref="ChunkPoints"/> are cut
    /// in order of arrival; what is left over becomes the new tail, or of texts a full chunk if it is large.
    /// </summary>
    /// <param name="summary">The summary of the whole series so far; null if it is new.</param>
    /// <param name="tail">The data of the open tail; empty if there is none.</param>
    /// <param name="added">At least one point.</param>
    /// <exception cref="ArgumentException">No point is added, the type differs from the tail's, or a tail has no summary.</exception>
    public static SeriesGrowth Append(SeriesSummary? summary, ReadOnlySpan<byte> tail, SeriesColumns added)
    {
        ArgumentNullException.ThrowIfNull(added);
        if (added.Count == 0)
            throw new ArgumentException("An append needs at least one point.", nameof(added));
        if (summary is null && !tail.IsEmpty)
            throw new ArgumentException("A series with a tail has a summary.", nameof(summary));

        var full = new List<SeriesChunk>();
        SeriesChunk? open = null;
        var taken = 0;
        var before = tail.IsEmpty ? null : TryDecode(tail);
        if (before is not null)
        {
            if (before.Type != added.Type)
                throw new ArgumentException($"The series holds {before.Type} values; {added.Type} values cannot be added.", nameof(added));
            taken = Math.Min(ChunkPoints - before.Count, added.Count);
            var piece = added.Slice(0, taken);
            Take(Encode(SeriesColumns.Concat([before, piece])));
            if (taken > 0)
                summary = SeriesSummary.Merge(summary!, ChunkSummary.Of(piece));
        }

        while (taken < added.Count)
        {
            var count = Math.Min(ChunkPoints, added.Count - taken);
            var chunk = Encode(added.Slice(taken, count));
            Take(chunk);
            summary = summary is null ? chunk.Summary : SeriesSummary.Merge(summary, chunk.Summary);
            taken += count;
        }

        return new SeriesGrowth(summary!, full, open) { SetsTailAside = before is null && !tail.IsEmpty };

        void Take(SeriesChunk chunk)
        {
            if (chunk.Summary.Count == ChunkPoints || (added.Type == SeriesType.Text && chunk.Data.Length >= TextChunkBytes))
                full.Add(chunk);
            else
                open = chunk;
        }
    }

    private static SeriesColumns? TryDecode(ReadOnlySpan<byte> tail)
    {
        try
        {
            return Decode(tail);
        }
        catch (IntegrityException)
        {
            return null;
        }
    }
}
