using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlops.Storage;

/// <summary>
/// The one form of all columns of 64-bit numbers; arithmetic wraps around, all fixed-width numbers are little-endian.
/// <list type="bullet">
/// <item>Mode 1, all differences equal: mode (1 byte = 1), first number (8), difference (8).</item>
/// <item>Mode 2, blocks: mode (1 byte = 2), the number before the first (8; chosen so that the first difference is like the
/// second), then for each 128 numbers: one byte with the width in bits (0 to 56, or 64) in the low seven bits, and the top bit
/// set if the block holds differences to the number before instead of the numbers; the smallest of what it holds as a signed
/// <see cref="Varint"/>; and each less that smallest, packed by <see cref="BitPacking"/>, the last byte filled up with zeros.</item>
/// </list>
/// </summary>
internal static class ColumnCodec
{
    private const byte EvenMode = 1;
    private const byte BlockMode = 2;
    private const byte DeltaFlag = 0x80;
    private const int Block = SeriesCodec.BlockPoints;

    /// <summary>Room that writing a column may need, slack included.</summary>
    public static int MaxBytes(int count) =>
        9 + (((count + Block - 1) / Block) * (1 + Varint.MaxBytes + (Block * 8))) + BitPacking.SlackBytes;

    /// <summary>The difference that all neighbours have (0 for a single number), or null.</summary>
    public static long? EvenDelta(ReadOnlySpan<long> column)
    {
        if (column.Length < 2)
            return 0;
        var delta = column[1] - column[0];
        var deltas = Vector256.Create(delta);
        ref var first = ref MemoryMarshal.GetReference(column);
        var i = 1;
        for (; i + 4 <= column.Length; i += 4)
        {
            if (Vector256.LoadUnsafe(ref first, (nuint)i) - Vector256.LoadUnsafe(ref first, (nuint)i - 1) != deltas)
                return null;
        }

        for (; i < column.Length; i++)
        {
            if (column[i] - column[i - 1] != delta)
                return null;
        }

        return delta;
    }

    /// <summary>Writes a column of at least one number; returns the bytes written.</summary>
    public static int Write(ReadOnlySpan<long> column, long? evenDelta, Span<byte> destination)
    {
        if (evenDelta is { } even)
        {
            destination[0] = EvenMode;
            BinaryPrimitives.WriteInt64LittleEndian(destination[1..], column[0]);
            BinaryPrimitives.WriteInt64LittleEndian(destination[9..], even);
            return 17;
        }

        var before = column[0] - (column[1] - column[0]);
        destination[0] = BlockMode;
        BinaryPrimitives.WriteInt64LittleEndian(destination[1..], before);
        var at = 9;
        Span<long> scratch = stackalloc long[Block];
        for (var start = 0; start < column.Length; start += Block)
        {
            var block = column.Slice(start, Math.Min(Block, column.Length - start));
            at += WriteBlock(block, before, scratch, destination[at..]);
            before = block[^1];
        }

        return at;
    }

    /// <summary>Reads a column and moves behind it.</summary>
    /// <exception cref="IntegrityException">The bytes are not a column of this length.</exception>
    public static void Read(ref ReadOnlySpan<byte> source, Span<long> column)
    {
        var mode = source.Length >= 9 ? source[0] : throw Damaged("ends inside a column");
        var before = BinaryPrimitives.ReadInt64LittleEndian(source[1..]);
        source = source[9..];
        if (mode == EvenMode)
        {
            if (source.Length < 8)
                throw Damaged("ends inside a column");
            var delta = BinaryPrimitives.ReadInt64LittleEndian(source);
            source = source[8..];
            for (var i = 0; i < column.Length; i++, before += delta)
                column[i] = before;
            return;
        }

        if (mode != BlockMode)
            throw Damaged($"has a column of unknown mode {mode}");
        for (var start = 0; start < column.Length; start += Block)
        {
            var block = column.Slice(start, Math.Min(Block, column.Length - start));
            ReadBlock(ref source, before, block);
            before = block[^1];
        }
    }

    public static IntegrityException Damaged(string how) => new($"Series chunk {how}; restore it from a copy.");

    private static int WriteBlock(ReadOnlySpan<long> block, long before, Span<long> scratch, Span<byte> destination)
    {
        var deltas = scratch[..block.Length];
        Subtract(block, before, deltas);
        var (least, most) = Extremes(block);
        var (leastDelta, mostDelta) = Extremes(deltas);
        var width = BitPacking.WidthOf((ulong)(most - least));
        var deltaWidth = BitPacking.WidthOf((ulong)(mostDelta - leastDelta));
        if (deltaWidth < width)
        {
            Reduce(deltas, leastDelta, scratch);
            return WritePacked(scratch, block.Length, (byte)(deltaWidth | DeltaFlag), leastDelta, destination);
        }

        Reduce(block, least, scratch);
        return WritePacked(scratch, block.Length, (byte)width, least, destination);
    }

    private static int WritePacked(Span<long> scratch, int count, byte header, long reference, Span<byte> destination)
    {
        var width = header & ~DeltaFlag;
        destination[0] = header;
        var at = 1 + Varint.Write(destination[1..], Varint.Fold(reference));
        var padded = (count + 3) & ~3;
        scratch[count..padded].Clear();
        BitPacking.Pack(MemoryMarshal.Cast<long, ulong>(scratch[..padded]), width, destination[at..]);
        return at + BitPacking.SizeOf(count, width);
    }

    private static void ReadBlock(ref ReadOnlySpan<byte> source, long before, Span<long> block)
    {
        var header = source.IsEmpty ? throw Damaged("ends inside a column") : source[0];
        source = source[1..];
        var width = header & ~DeltaFlag;
        if (width is > BitPacking.WidestPacked and not 64)
            throw Damaged($"has a block of impossible width {width}");
        var size = BitPacking.SizeOf(block.Length, width);
        if (!Varint.TryRead(ref source, out var folded) || source.Length < size)
            throw Damaged("ends inside a column");

        var packed = source;
        if (packed.Length < size + BitPacking.SlackBytes)
        {
            // only the last blocks of a chunk; everywhere else what follows serves as slack
            var padded = new byte[size + BitPacking.SlackBytes];
            source[..size].CopyTo(padded);
            packed = padded;
        }

        if ((header & DeltaFlag) != 0)
            BitPacking.UnpackDeltas(packed, width, Varint.Unfold(folded), before, block);
        else
            BitPacking.Unpack(packed, width, Varint.Unfold(folded), block);
        source = source[size..];
    }

    private static void Subtract(ReadOnlySpan<long> block, long before, Span<long> deltas)
    {
        deltas[0] = block[0] - before;
        ref var first = ref MemoryMarshal.GetReference(block);
        ref var target = ref MemoryMarshal.GetReference(deltas);
        var i = 1;
        for (; i + 4 <= block.Length; i += 4)
            (Vector256.LoadUnsafe(ref first, (nuint)i) - Vector256.LoadUnsafe(ref first, (nuint)i - 1)).StoreUnsafe(ref target, (nuint)i);
        for (; i < block.Length; i++)
            deltas[i] = block[i] - block[i - 1];
    }

    private static void Reduce(ReadOnlySpan<long> block, long reference, Span<long> reduced)
    {
        var references = Vector256.Create(reference);
        ref var first = ref MemoryMarshal.GetReference(block);
        ref var target = ref MemoryMarshal.GetReference(reduced[..block.Length]);
        var i = 0;
        for (; i + 4 <= block.Length; i += 4)
            (Vector256.LoadUnsafe(ref first, (nuint)i) - references).StoreUnsafe(ref target, (nuint)i);
        for (; i < block.Length; i++)
            reduced[i] = block[i] - reference;
    }

    private static (long Least, long Most) Extremes(ReadOnlySpan<long> block)
    {
        var least = block[0];
        var most = block[0];
        var i = 0;
        if (block.Length >= 4)
        {
            ref var first = ref MemoryMarshal.GetReference(block);
            var low = Vector256.LoadUnsafe(ref first);
            var high = low;
            for (i = 4; i + 4 <= block.Length; i += 4)
            {
                var next = Vector256.LoadUnsafe(ref first, (nuint)i);
                low = Vector256.Min(low, next);
                high = Vector256.Max(high, next);
            }

            for (var lane = 0; lane < 4; lane++)
            {
                least = Math.Min(least, low[lane]);
                most = Math.Max(most, high[lane]);
            }
        }

        for (; i < block.Length; i++)
        {
            least = Math.Min(least, block[i]);
            most = Math.Max(most, block[i]);
        }

        return (least, most);
    }
}
