using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Storage;

/// <summary>
/// Packs up to 128 unsigned numbers into as many bits each as the largest needs, lowest bit first. Widths are 0 to 56 bits, so
/// that one unaligned 64-bit access covers a number wherever it starts; wider numbers take 64.
/// </summary>
internal static class BitPacking
{
    public const int WidestPacked = 56;

    /// <summary>Bytes beyond the packed ones that both directions may touch.</summary>
    public const int SlackBytes = 8;

    public static int WidthOf(ulong largest)
    {
        var width = 64 - BitOperations.LeadingZeroCount(largest);
        return width > WidestPacked ? 64 : width;
    }

    public static int SizeOf(int count, int width) => ((count * width) + 7) >> 3;

    /// <summary>Packs numbers; their count must be a multiple of four, filled up with zeros that the caller cuts off.</summary>
    public static void Pack(ReadOnlySpan<ulong> values, int width, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length & 3, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, SizeOf(values.Length, width) + SlackBytes);
        ref var first = ref MemoryMarshal.GetReference(values);
        ref var target = ref MemoryMarshal.GetReference(destination);
        if (width == 64)
        {
            for (nint i = 0; i < values.Length; i++)
                Write(ref Unsafe.Add(ref target, i * 8), Unsafe.Add(ref first, i));
            return;
        }

        // joining neighbours before they enter the bit stream shortens the chain of dependent operations
        ulong pending = 0;
        var fill = 0;
        if (width <= 14)
        {
            for (nint i = 0; i < values.Length; i += 4)
            {
                var low = Unsafe.Add(ref first, i) | (Unsafe.Add(ref first, i + 1) << width);
                var high = Unsafe.Add(ref first, i + 2) | (Unsafe.Add(ref first, i + 3) << width);
                Push(ref target, ref pending, ref fill, low | (high << (2 * width)), 4 * width);
            }
        }
        else if (width <= 28)
        {
            for (nint i = 0; i < values.Length; i += 2)
                Push(ref target, ref pending, ref fill, Unsafe.Add(ref first, i) | (Unsafe.Add(ref first, i + 1) << width), 2 * width);
        }
        else
        {
            for (nint i = 0; i < values.Length; i++)
                Push(ref target, ref pending, ref fill, Unsafe.Add(ref first, i), width);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Push(ref byte target, ref ulong pending, ref int fill, ulong bits, int width)
        {
            // fill >> 3 whole bytes are behind us, fill & 7 bits are open
            pending |= bits << (fill & 7);
            Write(ref Unsafe.Add(ref target, (nint)(fill >> 3)), pending);
            var open = (fill & 7) + width;
            pending >>= open & ~7;
            fill += width;
        }
    }

    /// <summary>Unpacks numbers and adds <paramref name="reference"/> to each.</summary>
    public static void Unpack(ReadOnlySpan<byte> source, int width, long reference, Span<long> values)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, SizeOf(values.Length, width) + SlackBytes);
        ref var from = ref MemoryMarshal.GetReference(source);
        var mask = Mask(width);
        nint bit = 0;
        for (var i = 0; i < values.Length; i++, bit += width)
            values[i] = reference + (long)((Read(ref Unsafe.Add(ref from, bit >> 3)) >> (int)(bit & 7)) & mask);
    }

    /// <summary>Unpacks differences, each less <paramref name="reference"/>, and adds them up from <paramref name="before"/>.</summary>
    public static void UnpackDeltas(ReadOnlySpan<byte> source, int width, long reference, long before, Span<long> values)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, SizeOf(values.Length, width) + SlackBytes);
        ref var from = ref MemoryMarshal.GetReference(source);
        var mask = Mask(width);
        nint bit = 0;
        for (var i = 0; i < values.Length; i++, bit += width)
        {
            before += reference + (long)((Read(ref Unsafe.Add(ref from, bit >> 3)) >> (int)(bit & 7)) & mask);
            values[i] = before;
        }
    }

    private static ulong Mask(int width) => width == 64 ? ulong.MaxValue : (1UL << width) - 1;

    private static ulong Read(ref byte at)
    {
        var value = Unsafe.ReadUnaligned<ulong>(ref at);
        return BitConverter.IsLittleEndian ? value : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
    }

    private static void Write(ref byte at, ulong value) =>
        Unsafe.WriteUnaligned(ref at, BitConverter.IsLittleEndian ? value : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value));
}
