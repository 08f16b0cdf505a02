using System.Buffers.Binary;

namespace Mlops.Storage;

/// <summary>
/// The statistics of a number chunk, version 1, all fixed-width numbers little-endian: version (1 byte = 1), flags (1), number
/// of points (2); if the steps are even, the first step (8) and the difference (8); then for each 128 points: the number of
/// NaNs (1, only if flagged), smallest and largest value (4 each as 32-bit floats if flagged, otherwise 8), sum (8); then,
/// if the steps are even, the places of the smallest and the largest value in the block (1 each), otherwise the lowest step (8)
/// and, each less the lowest, the highest step and the steps of the smallest and the largest value (<see cref="Varint"/>, not
/// folded); at the end the CRC-32C of everything before (4).
/// </summary>
internal static class StatisticsCodec
{
    public const byte Version = 1;

    /// <summary>Flag: step i is first + i * difference, without overflow.</summary>
    public const byte EvenSteps = 1;

    /// <summary>Flag: the extremes of every block survive the way through a 32-bit float.</summary>
    public const byte SingleExtremes = 2;

    /// <summary>Flag: some value is NaN.</summary>
    public const byte NanCounts = 4;

    public const int HeaderBytes = 4;

    private const int MaxBlockBytes = 1 + (3 * 8) + 8 + (3 * Varint.MaxBytes);

    public static int MaxBytes(int blocks) => HeaderBytes + 16 + (blocks * MaxBlockBytes) + Checksum.SizeBytes;

    /// <summary>Writes the blob; returns its length.</summary>
    public static int Write(ReadOnlySpan<long> steps, long? evenDelta, ReadOnlySpan<BlockStatistics> blocks, Span<byte> destination)
    {
        var even = evenDelta is { } delta && IsWithoutOverflow(steps[0], delta, steps.Length);
        var flags = FlagsOf(blocks, even);
        destination[0] = Version;
        destination[1] = flags;
        BinaryPrimitives.WriteUInt16LittleEndian(destination[2..], (ushort)steps.Length);
        var at = HeaderBytes;
        if (even)
        {
            BinaryPrimitives.WriteInt64LittleEndian(destination[at..], steps[0]);
            BinaryPrimitives.WriteInt64LittleEndian(destination[(at + 8)..], evenDelta!.Value);
            at += 16;
        }

        for (var b = 0; b < blocks.Length; b++)
        {
            var start = b * SeriesCodec.BlockPoints;
            at += WriteBlock(steps.Slice(start, blocks[b].Count), flags, blocks[b], destination[at..]);
        }

        return Checksum.Seal(destination, at);
    }

    private static int WriteBlock(ReadOnlySpan<long> steps, byte flags, in BlockStatistics block, Span<byte> destination)
    {
        var at = 0;
        if ((flags & NanCounts) != 0)
            destination[at++] = (byte)block.NanCount;
        if ((flags & SingleExtremes) != 0)
        {
            BinaryPrimitives.WriteSingleLittleEndian(destination[at..], (float)block.Min);
            BinaryPrimitives.WriteSingleLittleEndian(destination[(at + 4)..], (float)block.Max);
            at += 8;
        }
        else
        {
            BinaryPrimitives.WriteDoubleLittleEndian(destination[at..], block.Min);
            BinaryPrimitives.WriteDoubleLittleEndian(destination[(at + 8)..], block.Max);
            at += 16;
        }

        BinaryPrimitives.WriteDoubleLittleEndian(destination[at..], block.Sum);
        at += 8;
        if ((flags & EvenSteps) != 0)
        {
            destination[at++] = (byte)block.MinAt;
            destination[at++] = (byte)block.MaxAt;
            return at;
        }

        var lowest = steps[0];
        var highest = steps[0];
        foreach (var step in steps)
        {
            lowest = Math.Min(lowest, step);
            highest = Math.Max(highest, step);
        }

        BinaryPrimitives.WriteInt64LittleEndian(destination[at..], lowest);
        at += 8;
        at += Varint.Write(destination[at..], (ulong)(highest - lowest));
        at += Varint.Write(destination[at..], (ulong)(steps[block.MinAt] - lowest));
        at += Varint.Write(destination[at..], (ulong)(steps[block.MaxAt] - lowest));
        return at;
    }

    private static byte FlagsOf(ReadOnlySpan<BlockStatistics> blocks, bool even)
    {
        var flags = even ? EvenSteps : (byte)0;
        var single = true;
        foreach (ref readonly var block in blocks)
        {
            if (block.NanCount > 0)
                flags |= NanCounts;
            single &= IsSingle(block.Min) && IsSingle(block.Max);
        }

        return single ? (byte)(flags | SingleExtremes) : flags;
    }

    private static bool IsSingle(double value) =>
        BitConverter.DoubleToInt64Bits((float)value) == BitConverter.DoubleToInt64Bits(value);

    public static bool IsWithoutOverflow(long first, long delta, int count)
    {
        var last = first + ((Int128)delta * (count - 1));
        return last >= long.MinValue && last <= long.MaxValue;
    }
}
