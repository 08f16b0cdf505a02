using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlops.Storage;

/// <summary>
/// Statistics of the values of one block. The extremes are over all values but NaN and stand where they were first reached;
/// if all are NaN they are NaN at 0.
/// </summary>
internal readonly record struct BlockStatistics(int Count, int NanCount, double Min, int MinAt, double Max, int MaxAt, double Sum)
{
    public static BlockStatistics Of(ReadOnlySpan<double> values)
    {
        if (values.Length < 4)
            return OneByOne(values);
        ref var first = ref MemoryMarshal.GetReference(values);
        var low = Vector256.LoadUnsafe(ref first);
        var high = low;
        var sums = low;
        var numbers = Vector256.Equals(low, low);
        var i = 4;
        for (; i + 4 <= values.Length; i += 4)
        {
            var next = Vector256.LoadUnsafe(ref first, (nuint)i);
            low = Vector256.MinNative(low, next);
            high = Vector256.MaxNative(high, next);
            sums += next;
            numbers &= Vector256.Equals(next, next);
        }

        if (numbers.AsInt64() != Vector256<long>.AllBitsSet)
            return OneByOne(values);
        var min = low[0];
        var max = high[0];
        for (var lane = 1; lane < 4; lane++)
        {
            min = Math.Min(min, low[lane]);
            max = Math.Max(max, high[lane]);
        }

        var sum = Vector256.Sum(sums);
        for (; i < values.Length; i++)
        {
            if (double.IsNaN(values[i]))
                return OneByOne(values);
            min = Math.Min(min, values[i]);
            max = Math.Max(max, values[i]);
            sum += values[i];
        }

        // the value is read where it was found: of -0 and 0, which are equal, the first counts
        var minAt = IndexOf(values, min);
        var maxAt = IndexOf(values, max);
        return new BlockStatistics(values.Length, 0, values[minAt], minAt, values[maxAt], maxAt, sum);
    }

    private static int IndexOf(ReadOnlySpan<double> values, double value)
    {
        ref var first = ref MemoryMarshal.GetReference(values);
        var wanted = Vector256.Create(value);
        var i = 0;
        for (; i + 4 <= values.Length; i += 4)
        {
            var hits = Vector256.Equals(Vector256.LoadUnsafe(ref first, (nuint)i), wanted).ExtractMostSignificantBits();
            if (hits != 0)
                return i + BitOperations.TrailingZeroCount(hits);
        }

        while (values[i] != value)
            i++;
        return i;
    }

    private static BlockStatistics OneByOne(ReadOnlySpan<double> values)
    {
        var min = double.NaN;
        var max = double.NaN;
        int nans = 0, minAt = 0, maxAt = 0;
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            if (double.IsNaN(value))
            {
                nans++;
                continue;
            }

            sum += value;
            if (!(value >= min))
                (min, minAt) = (value, i);
            if (!(value <= max))
                (max, maxAt) = (value, i);
        }

        return new BlockStatistics(values.Length, nans, min, minAt, max, maxAt, sum);
    }
}
