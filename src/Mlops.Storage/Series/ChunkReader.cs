using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Mlops.Storage;

/// <summary>Reads the bytes of a chunk (see <see cref="SeriesCodec"/>), checked before the first of them is used.</summary>
internal readonly ref struct ChunkReader
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    private readonly ReadOnlySpan<byte> _columns;

    private ChunkReader(SeriesType type, int count, ReadOnlySpan<byte> columns)
    {
        Type = type;
        Count = count;
        _columns = columns;
    }

    public SeriesType Type { get; }

    public int Count { get; }

    /// <exception cref="IntegrityException">The bytes are not a chunk as it was written.</exception>
    public static ChunkReader Open(ReadOnlySpan<byte> data)
    {
        var content = Checksum.Open(data, "Series chunk");
        if (content.Length < ChunkWriter.HeaderBytes)
            throw ColumnCodec.Damaged("is truncated");
        if (content[0] != ChunkWriter.Version)
            throw new IntegrityException($"Series chunk has unknown version {content[0]}; upgrade the packages.");
        var type = (SeriesType)content[1];
        var count = BinaryPrimitives.ReadUInt16LittleEndian(content[2..]);
        if (type is < SeriesType.Number or > SeriesType.Digest || count is 0 or > SeriesCodec.ChunkPoints)
            throw ColumnCodec.Damaged($"claims {count} points of type {content[1]}");
        return new ChunkReader(type, count, content[ChunkWriter.HeaderBytes..]);
    }

    public SeriesColumns ToColumns()
    {
        var steps = GC.AllocateUninitializedArray<long>(Count);
        var times = GC.AllocateUninitializedArray<long>(Count);
        if (Type == SeriesType.Number)
        {
            var numbers = GC.AllocateUninitializedArray<double>(Count);
            ReadNumbers(steps, times, numbers);
            return SeriesColumns.OfNumbers(steps, times, numbers);
        }

        var rest = _columns;
        ColumnCodec.Read(ref rest, steps);
        ColumnCodec.Read(ref rest, times);
        return Type == SeriesType.Text
            ? SeriesColumns.OfTexts(steps, times, ReadTexts(rest))
            : SeriesColumns.OfDigests(steps, times, ReadDigests(rest));
    }

    /// <summary>Reads a chunk of numbers into columns of its length.</summary>
    public void ReadNumbers(Span<long> steps, Span<long> times, Span<double> numbers)
    {
        var rest = _columns;
        ColumnCodec.Read(ref rest, steps);
        ColumnCodec.Read(ref rest, times);
        if (rest.IsEmpty)
            throw ColumnCodec.Damaged("ends before its values");
        var mapping = (NumberMapping)rest[0];
        rest = rest[1..];
        var mapped = MemoryMarshal.Cast<double, long>(numbers);
        ColumnCodec.Read(ref rest, mapped);
        if (!rest.IsEmpty)
            throw ColumnCodec.Damaged("has bytes behind its values");
        NumberMappings.Unmap(mapping, mapped);
    }

    private string[] ReadTexts(ReadOnlySpan<byte> rest)
    {
        var lengths = new long[Count];
        ColumnCodec.Read(ref rest, lengths);
        var texts = new string[Count];
        try
        {
            for (var i = 0; i < Count; i++)
            {
                if ((ulong)lengths[i] > (ulong)rest.Length)
                    throw ColumnCodec.Damaged("ends inside a text");
                texts[i] = Strict.GetString(rest[..(int)lengths[i]]);
                rest = rest[(int)lengths[i]..];
            }
        }
        catch (DecoderFallbackException e)
        {
            throw new IntegrityException("Series chunk holds a text that is not UTF-8; restore it from a copy.", e);
        }

        return rest.IsEmpty ? texts : throw ColumnCodec.Damaged("has bytes behind its values");
    }

    private Digest[] ReadDigests(ReadOnlySpan<byte> rest)
    {
        if (rest.Length != Count * Digest.SizeBytes)
            throw ColumnCodec.Damaged($"holds {rest.Length} bytes for {Count} digests");
        var digests = new Digest[Count];
        for (var i = 0; i < Count; i++)
            digests[i] = Digest.Read(rest[(i * Digest.SizeBytes)..]);
        return digests;
    }
}
