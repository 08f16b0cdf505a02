namespace Mlops.Storage.Tests.Series;

/// <summary>The documented meaning of summaries, one point at a time.</summary>
internal static class BruteForce
{
    public static SeriesSummary Summary(SeriesColumns points)
    {
        SeriesSummary? summary = null;
        for (var i = 0; i < points.Count; i++)
        {
            var (step, time) = (points.Steps.Span[i], points.Times.Span[i]);
            var value = points.Type == SeriesType.Number ? points.Numbers.Span[i] : double.NaN;
            summary ??= new SeriesSummary { Count = 0, FirstStep = step, LastStep = step, LastTime = time };
            if (step > summary.LastStep || (step == summary.LastStep && time >= summary.LastTime))
                summary = summary with { LastStep = step, LastTime = time, Last = value };
            summary = summary with { Count = summary.Count + 1, FirstStep = Math.Min(step, summary.FirstStep) };
            if (double.IsNaN(value))
            {
                summary = summary with { NanCount = summary.NanCount + 1 };
                continue;
            }

            if (double.IsNaN(summary.Min) || value < summary.Min)
                summary = summary with { Min = value, MinStep = step };
            if (double.IsNaN(summary.Max) || value > summary.Max)
                summary = summary with { Max = value, MaxStep = step };
        }

        return WithoutSum(summary!);
    }

    /// <summary>The summary without its sum, whose rounding depends on the order of additions.</summary>
    public static SeriesSummary WithoutSum(SeriesSummary summary) => summary with { Sum = 0 };
}
