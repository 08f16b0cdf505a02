using System.Buffers.Binary;
using System.Numerics;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// The first page of a segment file, little-endian: magic "MLJ1" (4), CRC-32C of the 48 bytes that follow, without the final
/// complement (4), base sequence (8), number of slots (4), four bytes of zero, base of the lap before (8), writer (16), time (8).
/// It stands twice, at 0 and at 64, so that one damaged bit cannot hide a segment. Two checksums of zero mark a file that
/// holds nothing. Behind the time stands "MEM1" once the journal went on in memory. docs/storage-format.md gives every byte.
/// </summary>
internal readonly record struct SegmentHeader(long Base, int Slots, long PreviousBase, RecordId Writer, long Time)
{
    /// <summary>Where the slots begin.</summary>
    public const int PageBytes = 4096;

    private const uint Magic = 0x314A_4C4D;
    private const uint Memory = 0x314D_454D;
    private const int CopyBytes = 64;
    private const int UsedBytes = 56;

    /// <summary>Whether the segment after this one had no file: when the process died, what stood there was lost.</summary>
    public bool MemoryFollows { get; init; }

    /// <summary>Says in the file that the segment after it has none.</summary>
    public static void MarkMemoryFollows(Span<byte> page)
    {
        for (var copy = 0; copy < 2; copy++)
            BinaryPrimitives.WriteUInt32LittleEndian(page[((copy * CopyBytes) + UsedBytes)..], Memory);
    }

    public void Write(Span<byte> page)
    {
        for (var copy = 0; copy < 2; copy++)
        {
            var target = page.Slice(copy * CopyBytes, CopyBytes);
            target.Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(target, Magic);
            BinaryPrimitives.WriteInt64LittleEndian(target[8..], Base);
            BinaryPrimitives.WriteInt32LittleEndian(target[16..], Slots);
            BinaryPrimitives.WriteInt64LittleEndian(target[24..], PreviousBase);
            Writer.Write(target[32..]);
            BinaryPrimitives.WriteInt64LittleEndian(target[48..], Time);
            BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Check(target));
        }
    }

    /// <summary>Marks the file as holding nothing.</summary>
    public static void Clear(Span<byte> page) => page[..(2 * CopyBytes)].Clear();

    /// <summary>The header, or null if neither copy checks.</summary>
    public static SegmentHeader? Read(ReadOnlySpan<byte> page)
    {
        for (var copy = 0; copy < 2; copy++)
        {
            if (page.Length < (copy + 1) * CopyBytes)
                break;
            var source = page.Slice(copy * CopyBytes, CopyBytes);
            if (BinaryPrimitives.ReadUInt32LittleEndian(source) == Magic
                && BinaryPrimitives.ReadUInt32LittleEndian(source[4..]) == Check(source))
            {
                return new SegmentHeader(
                    BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
                    BinaryPrimitives.ReadInt32LittleEndian(source[16..]),
                    BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
                    RecordId.Read(source[32..]),
                    BinaryPrimitives.ReadInt64LittleEndian(source[48..]))
                { MemoryFollows = HasMark(page) };
            }
        }

        return null;
    }

    /// <summary>
    /// True if the page was never used or was cleared, or its writer died before the checksum, which is written last and before
    /// any slot is given out.
    /// </summary>
    public static bool IsClear(ReadOnlySpan<byte> page)
    {
        for (var copy = 0; copy < 2 && page.Length >= (copy * CopyBytes) + 8; copy++)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(page[((copy * CopyBytes) + 4)..]) != 0)
                return false;
        }

        return true;
    }

    private static bool HasMark(ReadOnlySpan<byte> page)
    {
        for (var copy = 0; copy < 2 && page.Length >= (copy + 1) * CopyBytes; copy++)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(page[((copy * CopyBytes) + UsedBytes)..]) == Memory)
                return true;
        }

        return false;
    }

    private static uint Check(ReadOnlySpan<byte> copy)
    {
        var crc = 0xFFFF_FFFFu;
        for (var i = 8; i < UsedBytes; i += 8)
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(copy[i..]));
        return crc == 0 ? 1 : crc;
    }
}
