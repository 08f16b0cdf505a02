using System.Runtime.CompilerServices;

namespace Mlops.Storage;

/// <summary>
/// Numbers in 1 to 10 bytes: seven bits a byte, lowest first, the top bit set on all but the last (LEB128). Signed numbers are
/// folded to unsigned first, so that small ones of either sign stay short: 0, -1, 1, -2 become 0, 1, 2, 3.
/// </summary>
internal static class Varint
{
    public const int MaxBytes = 10;

    public static ulong Fold(long value) => (ulong)((value << 1) ^ (value >> 63));

    public static long Unfold(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    public static int Write(Span<byte> destination, ulong value)
    {
        var at = 0;
        while (value >= 0x80)
        {
            destination[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[at++] = (byte)value;
        return at;
    }

    /// <summary>Reads a number and moves behind it; false if the bytes end or hold more than 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ref ReadOnlySpan<byte> source, out ulong value)
    {
        value = 0;
        for (var i = 0; i < source.Length && i < MaxBytes; i++)
        {
            ulong one = source[i];
            if (i == MaxBytes - 1 && one > 1)
                return false;
            value |= (one & 0x7F) << (7 * i);
            if (one < 0x80)
            {
                source = source[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
