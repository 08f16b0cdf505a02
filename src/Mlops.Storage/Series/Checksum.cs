using System.Buffers.Binary;
using System.Numerics;

namespace Mlops.Storage;

/// <summary>CRC-32C (Castagnoli), as iSCSI and RFC 3720 define it, over stored blocks.</summary>
internal static class Checksum
{
    public const int SizeBytes = 4;

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (var one in bytes)
            crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }

    /// <summary>Writes the checksum of the first <paramref name="length"/> bytes behind them; returns the length with it.</summary>
    public static int Seal(Span<byte> block, int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(block[length..], Of(block[..length]));
        return length + SizeBytes;
    }

    /// <summary>Checks a sealed block and returns it without its checksum.</summary>
    /// <exception cref="IntegrityException">The block is too short or does not match its checksum.</exception>
    public static ReadOnlySpan<byte> Open(ReadOnlySpan<byte> block, string what)
    {
        if (block.Length < SizeBytes)
            throw new IntegrityException($"{what} is truncated to {block.Length} bytes; restore it from a copy.");
        var content = block[..^SizeBytes];
        var expected = BinaryPrimitives.ReadUInt32LittleEndian(block[^SizeBytes..]);
        var actual = Of(content);
        return actual == expected
            ? content
            : throw new IntegrityException($"{what} is damaged: its checksum is {actual:x8}, {expected:x8} was stored; restore it from a copy.");
    }
}
