using System.Globalization;

namespace Mlops.Metadata;

/// <summary>
/// Curves as inline SVG. A thin line goes through the smallest and the largest value of each cell at their exact positions, a
/// strong one through the means; both stop where a value is NaN. Infinities stand as triangles at the edges, NaN as marks below.
/// </summary>
internal sealed class LineChart(ComparedCurves curves, IReadOnlyList<Run> runs, ComparedMetric metric)
{
    public void Write(HtmlWriter html, int number)
    {
        var cells = curves.Runs.SelectMany(c => c).ToList();
        var finite = cells.Where(c => double.IsFinite(c.Min)).ToList();
        var x = ChartScale.OfPositions(cells.Min(c => c.First), cells.Max(c => c.Last), curves.Axis);
        var y = finite.Count > 0 ? ChartScale.OfValues(finite.Min(c => c.Min), finite.Max(c => c.Max)) : ChartScale.OfValues(0, 1);
        var frame = new ChartFrame(x, y, axis: curves.Axis.ToString());
        html.Write($"<figure class=\"chart\"><h3>{metric.Key} <small>{Goal()}</small></h3>\n");
        frame.Begin(html, number, metric.Key, Describe(finite));
        for (var i = 0; i < runs.Count; i++)
        {
            if (curves.Runs[i].Count > 0)
                WriteCurve(html, i, frame);
        }

        ChartFrame.End(html);
        html.Write($"<figcaption>{AxisName()}{(y.IsLogarithmic ? "; logarithmic scale" : "")}{Remarks()}</figcaption></figure>\n");
    }

    private void WriteCurve(HtmlWriter html, int run, ChartFrame frame)
    {
        var cells = curves.Runs[run];
        var best = runs.Count > 1 && metric.Best.Contains(run) ? " best" : "";
        html.Write($"<g class=\"run {RunMark.Of(run)}{best}\" data-run=\"{run}\" data-name=\"{runs[run].Name}\">");
        if (cells.Any(c => c.Min != c.Max && double.IsFinite(c.Min)))
        {
            var extremes = new CurvePath();
            foreach (var cell in cells)
            {
                if (!double.IsFinite(cell.Min))
                {
                    extremes.Break();
                    continue;
                }

                var low = (cell.MinAt, cell.Min);
                var high = (cell.MaxAt, cell.Max);
                foreach (var (at, value) in cell.MinAt <= cell.MaxAt ? [low, high] : (ReadOnlySpan<(long, double)>)[high, low])
                    extremes.Add(frame.X(at), frame.Y(value));
            }

            html.Write($"<path class=\"extremes\" d=\"").Markup(extremes.ToString()).Markup("\"/>");
        }

        var means = new CurvePath();
        foreach (var cell in cells)
        {
            if (cell.NanCount > 0 || !double.IsFinite(cell.Mean))
                means.Break();
            if (cell.NanCount == 0 && double.IsFinite(cell.Mean))
                means.Add(frame.X((cell.First / 2.0) + (cell.Last / 2.0)), frame.Y(cell.Mean));
        }

        html.Write($"<path class=\"mean\" d=\"").Markup(means.ToString()).Markup("\"/>");
        foreach (var cell in cells)
        {
            if (cell.NanCount > 0)
                html.Write($"<path class=\"mark\" d=\"M{Math.Round(frame.X(cell.First)) - 10} {frame.Height}h{Math.Round(frame.X(cell.Last) - frame.X(cell.First)) + 20}v-60h-{Math.Round(frame.X(cell.Last) - frame.X(cell.First)) + 20}z\"><title>{runs[run].Name}: {cell.NanCount} NaN at {Position(cell.First)}{(cell.Last == cell.First ? "" : "–" + Position(cell.Last))}</title></path>");
            if (cell.PositiveInfinityAt is { } up)
                html.Write($"<path class=\"mark\" d=\"M{Math.Round(frame.X(up))} -60l50 80h-100z\"><title>{runs[run].Name}: +∞ at {Position(up)}</title></path>");
            if (cell.NegativeInfinityAt is { } down)
                html.Write($"<path class=\"mark\" d=\"M{Math.Round(frame.X(down))} {frame.Height + 60}l50 -80h-100z\"><title>{runs[run].Name}: -∞ at {Position(down)}</title></path>");
        }

        html.Markup("</g>\n");
    }

    private string Position(long at) => curves.Axis switch
    {
        CurveAxis.Step => at.ToString(CultureInfo.InvariantCulture),
        CurveAxis.RelativeTime => NumberText.Duration(at),
        _ => DateTimeOffset.UnixEpoch.AddMicroseconds(at).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
    };

    private string Goal() => metric.Source == GoalSource.Assumed
        ? ""
        : (metric.Goal == MetricGoal.Minimize ? "lower is better" : "higher is better") + (metric.Source == GoalSource.Name ? " (by its name)" : "");

    private string AxisName() => curves.Axis switch { CurveAxis.Step => "step", CurveAxis.Time => "time, UTC", _ => "time since the run's start" };

    private string Remarks()
    {
        List<string> remarks = [];
        for (var i = 0; i < runs.Count; i++)
        {
            var nan = curves.Runs[i].Sum(c => c.NanCount);
            if (nan > 0)
                remarks.Add($"{runs[i].Name}: {nan} NaN (marks below)");
            if (curves.Runs[i].FirstOrDefault(c => c.PositiveInfinityAt is not null).PositiveInfinityAt is { } up)
                remarks.Add($"{runs[i].Name}: ▲ +∞ first at {Position(up)}");
            if (curves.Runs[i].FirstOrDefault(c => c.NegativeInfinityAt is not null).NegativeInfinityAt is { } down)
                remarks.Add($"{runs[i].Name}: ▼ -∞ first at {Position(down)}");
        }

        return remarks.Count == 0 ? "" : ". " + string.Join("; ", remarks);
    }

    private string Describe(List<CurveCell> finite)
    {
        var range = finite.Count == 0 ? "no finite value" : $"values from {NumberText.Of(finite.Min(c => c.Min))} to {NumberText.Of(finite.Max(c => c.Max))}";
        var best = metric.Best.Count > 0 ? $"; best {runs[metric.Best[0]].Name}, {NumberText.Of(metric.Values[metric.Best[0]]!.Value)}" : "";
        return $"{curves.Runs.Count(c => c.Count > 0)} curves, {range}{best}";
    }
}
