using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlops.Storage;

/// <summary>
/// How doubles become 64-bit integers for <see cref="ColumnCodec"/>. Each mapping keeps the order of the numbers, so that near
/// values become near integers, and gives back every bit. A chunk takes the first that fits all its values.
/// </summary>
internal enum NumberMapping : byte
{
    /// <summary>Every value is an integer below 2^53 in size, and not -0: that integer.</summary>
    Integer = 1,

    /// <summary>Every value survives the way through a 32-bit float: its bits as a signed number, the low 31 inverted if it is negative.</summary>
    Single = 2,

    /// <summary>Anything: the 64 bits as a signed number, the low 63 inverted if it is negative.</summary>
    Double = 3,
}

/// <summary>Applies a <see cref="NumberMapping"/>.</summary>
internal static class NumberMappings
{
    private const double IntegerLimit = 1L << 53;

    /// <summary>Maps all values by the first mapping that fits.</summary>
    public static NumberMapping Map(ReadOnlySpan<double> values, Span<long> mapped)
    {
        if (TryMapIntegers(values, mapped))
            return NumberMapping.Integer;
        if (TryMapSingles(values, mapped))
            return NumberMapping.Single;
        var bits = MemoryMarshal.Cast<double, long>(values);
        for (var i = 0; i < bits.Length; i++)
            mapped[i] = bits[i] ^ ((bits[i] >> 63) & long.MaxValue);
        return NumberMapping.Double;
    }

    /// <summary>Turns mapped numbers back, in place.</summary>
    /// <exception cref="IntegrityException">The mapping is unknown, or a number is outside its range.</exception>
    public static void Unmap(NumberMapping mapping, Span<long> numbers)
    {
        switch (mapping)
        {
            case NumberMapping.Integer:
                var values = MemoryMarshal.Cast<long, double>(numbers);
                for (var i = 0; i < numbers.Length; i++)
                    values[i] = numbers[i];
                break;
            case NumberMapping.Single:
                var doubles = MemoryMarshal.Cast<long, double>(numbers);
                for (var i = 0; i < numbers.Length; i++)
                {
                    var bits = (int)numbers[i];
                    doubles[i] = BitConverter.Int32BitsToSingle(bits ^ ((bits >> 31) & int.MaxValue));
                }

                break;
            case NumberMapping.Double:
                for (var i = 0; i < numbers.Length; i++)
                    numbers[i] ^= (numbers[i] >> 63) & long.MaxValue;
                break;
            default:
                throw ColumnCodec.Damaged($"has numbers of unknown mapping {(byte)mapping}");
        }
    }

    private static bool TryMapIntegers(ReadOnlySpan<double> values, Span<long> mapped)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            if (!(Math.Abs(value) < IntegerLimit))
                return false;
            var whole = double.ConvertToIntegerNative<long>(value);

            // by bits, so that -0 is not taken for 0
            if (BitConverter.DoubleToInt64Bits(whole) != BitConverter.DoubleToInt64Bits(value))
                return false;
            mapped[i] = whole;
        }

        return true;
    }

    private static bool TryMapSingles(ReadOnlySpan<double> values, Span<long> mapped)
    {
        ref var first = ref MemoryMarshal.GetReference(values);
        ref var target = ref MemoryMarshal.GetReference(mapped[..values.Length]);
        var i = 0;
        for (; i + 8 <= values.Length; i += 8)
        {
            var low = Vector256.LoadUnsafe(ref first, (nuint)i);
            var high = Vector256.LoadUnsafe(ref first, (nuint)i + 4);
            var singles = Vector256.Narrow(low, high);
            var (lowBack, highBack) = Vector256.Widen(singles);
            if (lowBack.AsInt64() != low.AsInt64() || highBack.AsInt64() != high.AsInt64())
                return false;
            var bits = singles.AsInt32();
            var (lowBits, highBits) = Vector256.Widen(bits ^ ((bits >> 31) & Vector256.Create(int.MaxValue)));
            lowBits.StoreUnsafe(ref target, (nuint)i);
            highBits.StoreUnsafe(ref target, (nuint)i + 4);
        }

        for (; i < values.Length; i++)
        {
            var single = (float)values[i];
            if (BitConverter.DoubleToInt64Bits(single) != BitConverter.DoubleToInt64Bits(values[i]))
                return false;
            var bits = BitConverter.SingleToInt32Bits(single);
            mapped[i] = bits ^ ((bits >> 31) & int.MaxValue);
        }

        return true;
    }
}
