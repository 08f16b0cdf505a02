using System.Globalization;

namespace Mlops.Metadata;

/// <summary>Where values stand between two ends, and where the ticks of an axis are.</summary>
internal sealed class ChartScale
{
    private readonly double _low;
    private readonly double _high;
    private readonly CurveAxis? _axis;

    private ChartScale(double low, double high, bool isLogarithmic, CurveAxis? axis)
    {
        (_low, _high, IsLogarithmic, _axis) = (low, high, isLogarithmic, axis);
    }

    public bool IsLogarithmic { get; }

    /// <summary>A scale for values: rounded out to ticks, logarithmic from three decades on where all are positive.</summary>
    public static ChartScale OfValues(double low, double high)
    {
        if (low > 0 && high / low >= 1000)
            return new ChartScale(Math.Pow(10, Math.Floor(Math.Log10(low))), Math.Pow(10, Math.Ceiling(Math.Log10(high))), true, null);
        if (low == high)
            (low, high) = low == 0 ? (-1, 1) : (low - (Math.Abs(low) / 2), high + (Math.Abs(high) / 2));
        var step = Step((high / 4) - (low / 4));
        return double.IsFinite(step) && step > 0
            ? new ChartScale(Math.Max(-double.MaxValue, Math.Floor(low / step) * step), Math.Min(double.MaxValue, Math.Ceiling(high / step) * step), false, null)
            : new ChartScale(low, high, false, null);
    }

    /// <summary>A scale for the positions of an axis, which it fills from end to end.</summary>
    public static ChartScale OfPositions(long first, long last, CurveAxis axis) =>
        new(first, (double)first == (double)last ? Math.Max(first + 1.0, Math.BitIncrement(first)) : last, false, axis);

    /// <summary>0 at the low end, 1 at the high end.</summary>
    public double At(double value) => IsLogarithmic
        ? (Math.Log10(value) - Math.Log10(_low)) / (Math.Log10(_high) - Math.Log10(_low))
        : ((value / 2) - (_low / 2)) / ((_high / 2) - (_low / 2));

    public double Low => _low;

    public double High => _high;

    public IEnumerable<(double Value, string Text)> Ticks()
    {
        if (IsLogarithmic)
        {
            var every = Math.Max(1, (int)Math.Ceiling(Math.Log10(_high / _low) / 5));
            for (var e = (int)Math.Round(Math.Log10(_low)); e <= Math.Round(Math.Log10(_high)); e += every)
                yield return (Math.Pow(10, e), NumberText.Of(Math.Pow(10, e)));
            yield break;
        }

        var step = _axis is CurveAxis.Time or CurveAxis.RelativeTime ? TimeStep(_high - _low) : Step((_high / 4) - (_low / 4));
        if (_axis == CurveAxis.Step)
            step = Math.Max(1, step);
        for (var i = Math.Ceiling((_low / step) - 1e-9); i <= (_high / step) + 1e-9; i++)
        {
            yield return (i * step, Text(i * step, step));

            // so far from zero that the next is not another number
            if (i + 1 == i)
                yield break;
        }
    }

    private string Text(double value, double step) => _axis switch
    {
        CurveAxis.RelativeTime => NumberText.Duration(value),
        CurveAxis.Time => DateTimeOffset.UnixEpoch.AddMicroseconds(value).ToString(TimeFormat(step), CultureInfo.InvariantCulture),
        _ => NumberText.Of(Math.Abs(value) < step / 2 ? 0 : value),
    };

    private string TimeFormat(double step) => step switch
    {
        >= 86_400e6 => "yyyy-MM-dd",
        >= 60e6 when _high - _low >= 86_400e6 => "MM-dd HH:mm",
        >= 60e6 => "HH:mm",
        _ => "HH:mm:ss",
    };

    // the smallest of 1, 2, 5 times a power of ten that is not below
    private static double Step(double atLeast)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(atLeast)));
        var factor = atLeast / power;
        return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
    }

    private static double TimeStep(double span)
    {
        double[] seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];
        var atLeast = span / 4e6;
        return 1e6 * (atLeast < 1 ? Step(atLeast) : atLeast > 86_400 ? 86_400 * Step(atLeast / 86_400) : seconds.First(s => s >= atLeast));
    }
}
