using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Mlops.Storage;

/// <summary>Writes the bytes of a chunk and of its statistics (see <see cref="SeriesCodec"/>).</summary>
internal static class ChunkWriter
{
    public const byte Version = 1;
    public const int HeaderBytes = 4;
    private const int MaxBlocks = SeriesCodec.ChunkPoints / SeriesCodec.BlockPoints;

    public static SeriesChunk Write(SeriesColumns points)
    {
        var steps = points.Steps.Span;
        var even = ColumnCodec.EvenDelta(steps);
        var room = HeaderBytes + (3 * ColumnCodec.MaxBytes(points.Count)) + ValueBytes(points) + Checksum.SizeBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(room);
        var scratch = ArrayPool<long>.Shared.Rent(points.Count);
        try
        {
            buffer[0] = Version;
            buffer[1] = (byte)points.Type;
            BinaryPrimitives.WriteUInt16LittleEndian(buffer.AsSpan(2), (ushort)points.Count);
            var at = HeaderBytes;
            at += ColumnCodec.Write(steps, even, buffer.AsSpan(at));
            at += WriteColumn(points.Times.Span, buffer.AsSpan(at));
            at += WriteValues(points, scratch.AsSpan(0, points.Count), buffer.AsSpan(at));
            var data = buffer.AsSpan(0, Checksum.Seal(buffer, at)).ToArray();
            if (points.Type != SeriesType.Number)
                return new SeriesChunk(ChunkSummary.Of(points), ReadOnlyMemory<byte>.Empty, data);

            Span<BlockStatistics> blocks = stackalloc BlockStatistics[MaxBlocks];
            blocks = blocks[..ChunkSummary.Fill(points.Numbers.Span, blocks)];
            var summary = ChunkSummary.OfNumbers(steps, points.Times.Span, points.Numbers.Span, blocks);
            var statistics = buffer.AsSpan(0, StatisticsCodec.Write(steps, even, blocks, buffer)).ToArray();
            return new SeriesChunk(summary, statistics, data);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            ArrayPool<long>.Shared.Return(scratch);
        }
    }

    private static int WriteColumn(ReadOnlySpan<long> column, Span<byte> destination) =>
        ColumnCodec.Write(column, ColumnCodec.EvenDelta(column), destination);

    private static int WriteValues(SeriesColumns points, Span<long> scratch, Span<byte> destination)
    {
        var at = 0;
        switch (points.Type)
        {
            case SeriesType.Number:
                destination[0] = (byte)NumberMappings.Map(points.Numbers.Span, scratch);
                return 1 + WriteColumn(scratch, destination[1..]);
            case SeriesType.Text:
                var texts = points.Texts.Span;
                for (var i = 0; i < texts.Length; i++)
                    scratch[i] = Encoding.UTF8.GetByteCount(texts[i]);
                at = WriteColumn(scratch, destination);
                foreach (var text in texts)
                    at += Encoding.UTF8.GetBytes(text, destination[at..]);
                return at;
            default:
                foreach (var digest in points.Digests.Span)
                {
                    digest.Write(destination[at..]);
                    at += Digest.SizeBytes;
                }

                return at;
        }
    }

    private static int ValueBytes(SeriesColumns points)
    {
        var bytes = 0L;
        if (points.Type == SeriesType.Digest)
            bytes = (long)points.Count * Digest.SizeBytes;
        foreach (var text in points.Texts.Span)
            bytes += Encoding.UTF8.GetByteCount(text ?? throw new ArgumentException("A text is null; a point needs a value.", nameof(points)));
        return bytes <= MaxValueBytes
            ? (int)bytes
            : throw new ArgumentException($"The texts of a chunk take {bytes} bytes; the most is {MaxValueBytes}.", nameof(points));
    }

    private const int MaxValueBytes = 1 << 30;
}
