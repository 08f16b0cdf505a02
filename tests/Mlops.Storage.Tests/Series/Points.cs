using System.Text;
using CsCheck;

namespace Mlops.Storage.Tests.Series;

/// <summary>Points of every kind that the codec treats differently, made from a seed that CsCheck prints and shrinks.</summary>
internal static class Points
{
    public static Gen<SeriesColumns> Numbers(int most) =>
        Gen.Select(Gen.Int[1, most], Gen.Int[0, 6], Gen.Int[0, 6], Gen.Int[0, 7], Gen.Int)
            .Select((count, steps, times, values, seed) => Build(count, steps, times, values, seed));

    public static Gen<SeriesColumns> Texts(int most) =>
        Gen.Select(Gen.Int[1, most], Gen.Int[0, 6], Gen.Int[0, 6], Gen.Int).Select((count, steps, times, seed) =>
        {
            var random = new Random(seed);
            return SeriesColumns.OfTexts(Longs(count, steps, random), Longs(count, times, random), Fill(count, _ => Text(random)));
        });

    public static Gen<SeriesColumns> Digests(int most) =>
        Gen.Select(Gen.Int[1, most], Gen.Int[0, 6], Gen.Int[0, 6], Gen.Int).Select((count, steps, times, seed) =>
        {
            var random = new Random(seed);
            return SeriesColumns.OfDigests(
                Longs(count, steps, random), Longs(count, times, random), Fill(count, _ => Digest.Of(BitConverter.GetBytes(random.Next()))));
        });

    public static SeriesColumns Build(int count, int steps, int times, int values, int seed)
    {
        var random = new Random(seed);
        return SeriesColumns.OfNumbers(Longs(count, steps, random), Longs(count, times, random), Doubles(count, values, random));
    }

    /// <summary>Fails unless every bit of both is the same.</summary>
    public static void AssertSame(SeriesColumns expected, SeriesColumns actual)
    {
        Assert.Equal(expected.Type, actual.Type);
        Assert.True(expected.Steps.Span.SequenceEqual(actual.Steps.Span), "steps differ");
        Assert.True(expected.Times.Span.SequenceEqual(actual.Times.Span), "times differ");
        Assert.True(Bits(expected.Numbers.Span).SequenceEqual(Bits(actual.Numbers.Span)), "numbers differ");
        Assert.True(expected.Texts.Span.SequenceEqual(actual.Texts.Span), "texts differ");
        Assert.True(expected.Digests.Span.SequenceEqual(actual.Digests.Span), "digests differ");
    }

    private static ReadOnlySpan<long> Bits(ReadOnlySpan<double> values) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<double, long>(values);

    private static long[] Longs(int count, int kind, Random random)
    {
        long[] extremes = [long.MinValue, long.MinValue + 1, -1, 0, 1, long.MaxValue - 1, long.MaxValue];
        var start = random.NextInt64(-1_000_000, 2_000_000_000_000_000);
        var stride = random.Next(-5, 100);
        long now = start;
        return Fill(count, i => kind switch
        {
            0 => i,
            1 => start + ((long)i * stride),
            2 => 0,
            3 => now += 10_000 + random.Next(-4000, 4001),
            4 => random.NextInt64(long.MinValue, long.MaxValue),
            5 => extremes[random.Next(extremes.Length)],
            _ => unchecked(long.MaxValue - 10 + i),
        });
    }

    private static double[] Doubles(int count, int kind, Random random)
    {
        double[] extremes =
        [
            0, -0.0, 1, double.NaN, BitConverter.Int64BitsToDouble(0x7FF0_0000_0000_0001), BitConverter.Int64BitsToDouble(-1),
            double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue,
            1L << 53, (1L << 53) + 2, -(1L << 53), 9.3e18, float.Epsilon, float.MaxValue,
        ];
        return Fill(count, i => kind switch
        {
            0 => random.Next(-50, 50),
            1 => Math.Floor((random.NextDouble() - 0.5) * (1L << 53)),
            2 => (float)random.NextDouble(),
            3 => (float)(random.NextDouble() - 0.5) * (i % 7 == 0 ? float.NaN : 1),
            4 => random.NextDouble() - 0.5,
            5 => extremes[random.Next(extremes.Length)],
            6 => double.NaN,
            _ => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)),
        });
    }

    private static string Text(Random random)
    {
        string[] parts = ["", "a", "loss\n", "ü", "漢字", "🚀", "\0"];
        var text = new StringBuilder();
        for (var i = random.Next(4); i > 0; i--)
            text.Append(parts[random.Next(parts.Length)]);
        return text.ToString();
    }

    private static T[] Fill<T>(int count, Func<int, T> make)
    {
        var values = new T[count];
        for (var i = 0; i < count; i++)
            values[i] = make(i);
        return values;
    }
}
