using System.Globalization;

namespace Mlops.Metadata;

/// <summary>ROC, precision-recall or calibration curves of runs: both axes go from 0 to 1.</summary>
internal sealed class ShareChart(IReadOnlyList<Run> runs, IReadOnlyList<(long Step, RichValue? Value)> values)
{
    private const int Height = 300;
    private const int Columns = 344;

    public static bool CanDraw(RichValueKind kind) =>
        kind is RichValueKind.RocCurve or RichValueKind.PrecisionRecallCurve or RichValueKind.CalibrationCurve;

    public void Write(HtmlWriter html, int number, string key)
    {
        var kind = values.First(v => v.Value is not null).Value!.Kind;
        var frame = new ChartFrame(ChartScale.OfValues(0, 1), ChartScale.OfValues(0, 1), Height);
        frame.Begin(html, number, key, string.Join("; ", Enumerable.Range(0, runs.Count).Where(i => values[i].Value is not null).Select(i => $"{runs[i].Name}: {Measure(values[i].Value!)}")));
        if (kind != RichValueKind.PrecisionRecallCurve)
            html.Write($"<path class=\"guide\" d=\"M0 {frame.Height}L{ChartFrame.Width} 0\"/>");
        for (var i = 0; i < runs.Count; i++)
        {
            if (values[i].Value is { } value)
                WriteCurve(html, i, Points(value), frame, isDotted: kind == RichValueKind.CalibrationCurve);
        }

        ChartFrame.End(html);
        html.Write($"<figcaption>{Axes(kind)}<ul class=\"legend\">");
        for (var i = 0; i < runs.Count; i++)
        {
            if (values[i].Value is not { } value)
                continue;
            html.Markup("<li>");
            RunMark.Write(html, i);
            html.Write($"<bdi>{VisibleText.Of(runs[i].Name, 80)}</bdi>: {Measure(value)}, step {values[i].Step}</li>");
        }

        html.Markup("</ul></figcaption>");
    }

    private void WriteCurve(HtmlWriter html, int run, List<(double X, double Y)> points, ChartFrame frame, bool isDotted)
    {
        var path = new CurvePath();
        foreach (var (x, y) in Thin(points))
            path.Add(frame.X(x), frame.Y(y));
        html.Write($"<g class=\"run {RunMark.Of(run)}\" data-run=\"{run}\" data-name=\"{runs[run].Name}\"><path class=\"mean\" d=\"").Markup(path.ToString()).Markup("\"/>");
        foreach (var (x, y) in isDotted ? Thin(points) : [])
            html.Write($"<circle class=\"mark\" cx=\"{Math.Round(frame.X(x))}\" cy=\"{Math.Round(frame.Y(y))}\" r=\"30\"/>");
        html.Markup("</g>\n");
    }

    private static List<(double X, double Y)> Points(RichValue value) => value switch
    {
        RocCurve roc => [.. roc.FalsePositiveRates.Zip(roc.TruePositiveRates)],
        PrecisionRecallCurve curve => [.. curve.Recalls.Zip(curve.Precisions)],
        CalibrationCurve bins => [.. bins.Predicted.Zip(bins.Observed).OrderBy(p => p.First)],
        _ => throw new ArgumentOutOfRangeException(nameof(value), value.Kind, "Not a curve of shares."),
    };

    /// <summary>Of more points than the screen shows, in each of its columns the first, the last, the lowest and the highest.</summary>
    private static List<(double X, double Y)> Thin(List<(double X, double Y)> points) => points.Count <= 4 * Columns
        ? points
        : [.. points.Select((p, i) => (p.X, p.Y, i)).GroupBy(p => (int)(p.X * Columns))
            .SelectMany(c => new[] { c.First(), c.MinBy(p => p.Y), c.MaxBy(p => p.Y), c.Last() }.DistinctBy(p => p.i).OrderBy(p => p.i))
            .Select(p => (p.X, p.Y))];

    private static string Measure(RichValue value) => value switch
    {
        RocCurve roc => "AUC " + Text(roc.Area),
        PrecisionRecallCurve curve => "AP " + Text(curve.AveragePrecision),
        CalibrationCurve bins => "ECE " + Text(bins.ExpectedError),
        _ => "",
    };

    private static string Text(double share) => share.ToString("0.####", CultureInfo.InvariantCulture);

    private static string Axes(RichValueKind kind) => kind switch
    {
        RichValueKind.RocCurve => "true positive rate by false positive rate; dotted: chance",
        RichValueKind.PrecisionRecallCurve => "precision by recall",
        _ => "observed by predicted share; dotted: as it should be; ECE: expected calibration error",
    };
}
