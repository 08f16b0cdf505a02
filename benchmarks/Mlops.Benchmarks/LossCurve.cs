namespace Mlops.Benchmarks;

/// <summary>What a training logs: a falling loss in single precision with noise, a point each 10 ms ± 4 ms. Seeded.</summary>
internal sealed class LossCurve
{
    private const int Seed = 20010401;
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly double[] _values;
    private readonly int[] _gaps;

    public LossCurve(int points)
    {
        var random = new Random(Seed);
        _values = new double[points];
        _gaps = new int[points];
        for (var i = 0; i < points; i++)
        {
            var level = 0.1 + (2.2 * Math.Exp(-5.0 * i / points));
            _values[i] = (float)(level * (1 + (0.1 * (random.NextDouble() - 0.5))));
            _gaps[i] = random.Next(6_000, 14_001);
        }
    }

    public int Count => _values.Length;

    public ReadOnlySpan<double> Values => _values;

    /// <summary>Calls with step, time and value of each point, in order.</summary>
    public void ForEach(Action<long, DateTimeOffset, double> point)
    {
        var time = Start;
        for (var i = 0; i < _values.Length; i++)
        {
            time = time.AddMicroseconds(_gaps[i]);
            point(i, time, _values[i]);
        }
    }
}
