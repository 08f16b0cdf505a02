using System.Globalization;
using System.Text;

namespace Mlops.Metadata;

/// <summary>
/// Histograms by step as a map: a column for each piece of the steps, dark where many values are. A value that stands alone is
/// still seen, and no column hides a histogram that was read.
/// </summary>
internal sealed class HistogramChart(IReadOnlyList<(long Step, Histogram Value)> histograms)
{
    private const int MostColumns = 60;
    private const int Rows = 45;
    private const int Levels = 8;
    private const int MostBars = 344;

    /// <summary>Writes the map, if there are several, and the bars of the last.</summary>
    public void Write(HtmlWriter html, int number, string key, int count)
    {
        if (histograms.Count > 1)
        {
            var scale = WriteMap(html, number, key);
            html.Write($"<p class=\"note\">value by step{Remark(scale)}; darker: more of the step's values. {(count == histograms.Count ? NumberText.Count(count) : $"{NumberText.Count(histograms.Count)} of {NumberText.Count(count)}")} histograms. Below the last:</p>\n");
        }

        var values = WriteBars(html, number + 1, key);
        html.Write($"<figcaption>count by value{Remark(values)}, step {histograms[^1].Step}, {NumberText.Count(histograms[^1].Value.Counts.Count)} bins{(histograms[^1].Value.Counts.Count > MostBars ? ", each bar the highest of several" : "")}</figcaption>");
    }

    private ChartScale WriteMap(HtmlWriter html, int number, string key)
    {
        var y = ChartScale.OfValues(histograms.Min(h => Span(h.Value).Low), histograms.Max(h => Span(h.Value).High));
        var x = ChartScale.OfPositions(histograms[0].Step, histograms[^1].Step, CurveAxis.Step);
        var columns = histograms.Chunk((histograms.Count + MostColumns - 1) / MostColumns).ToList();
        var frame = new ChartFrame(x, y, axis: nameof(CurveAxis.Step));
        frame.Begin(html, number, key, $"{histograms.Count} histograms, values from {NumberText.Of(y.Low)} to {NumberText.Of(y.High)}");
        var levels = Enumerable.Range(0, Levels).Select(_ => new StringBuilder()).ToList();
        for (var c = 0; c < columns.Count; c++)
        {
            var from = c == 0 ? 0 : Math.Round(frame.X(Middle(columns[c - 1][^1].Step, columns[c][0].Step)));
            var to = c == columns.Count - 1 ? ChartFrame.Width : Math.Round(frame.X(Middle(columns[c][^1].Step, columns[c + 1][0].Step)));
            var shares = new double[Rows];
            foreach (var (_, histogram) in columns[c])
                AddTo(shares, histogram, y);
            var most = shares.Max();
            for (var row = 0; row < Rows; row++)
            {
                if (shares[row] > 0)
                    levels[Math.Clamp((int)(Levels * Math.Sqrt(shares[row] / most)), 0, Levels - 1)].Append(CultureInfo.InvariantCulture, $"M{from} {frame.Height - ((row + 1) * frame.Height / Rows)}h{Math.Max(10, to - from)}v{frame.Height / Rows}h-{Math.Max(10, to - from)}z");
            }
        }

        for (var level = 0; level < Levels; level++)
            html.Write($"<path class=\"cell\" fill-opacity=\"{0.25 + (0.75 * level / (Levels - 1))}\" d=\"").Markup(levels[level].ToString()).Markup("\"/>");
        ChartFrame.End(html);
        return y;
    }

    private ChartScale WriteBars(HtmlWriter html, int number, string key)
    {
        var last = histograms[^1].Value;
        var most = last.Counts.Max();
        var x = ChartScale.OfValues(last.Edges[0], last.Edges[^1]);
        var frame = new ChartFrame(x, ChartScale.OfValues(0, most == 0 ? 1 : most), 140);
        frame.Begin(html, number, key, $"{last.Counts.Count} bins from {NumberText.Of(last.Edges[0])} to {NumberText.Of(last.Edges[^1])}, the highest {NumberText.Of(most)}");
        var path = new CurvePath();
        var each = (last.Counts.Count + MostBars - 1) / MostBars;
        path.Add(frame.X(last.Edges[0]), frame.Height);
        for (var bin = 0; bin < last.Counts.Count; bin += each)
        {
            var end = Math.Min(bin + each, last.Counts.Count);
            var count = Enumerable.Range(bin, end - bin).Max(i => last.Counts[i]);
            var top = count == 0 ? frame.Height : Math.Min(frame.Y(count), frame.Height - 10);
            path.Add(frame.X(last.Edges[bin]), top);
            path.Add(frame.X(last.Edges[end]), top);
        }

        path.Add(frame.X(last.Edges[^1]), frame.Height);
        html.Markup("<path class=\"cell bars\" d=\"").Markup(path.ToString()).Markup("\"/>");
        ChartFrame.End(html);
        return x;
    }

    private static string Remark(ChartScale scale) => scale.IsLogarithmic ? " (logarithmic scale)" : "";

    /// <summary>The same with no more bins than a map can show, so that many are held.</summary>
    public static Histogram Coarse(Histogram histogram)
    {
        const int most = 1_024;
        var each = (histogram.Counts.Count + most - 1) / most;
        return each == 1 ? histogram : new Histogram(
            [.. histogram.Edges.Where((_, i) => i % each == 0 && i < histogram.Counts.Count), histogram.Edges[^1]],
            [.. histogram.Counts.Chunk(each).Select(c => Math.Min(c.Sum(), double.MaxValue))]);
    }

    private static double Middle(long a, long b) => (a / 2.0) + (b / 2.0);

    /// <summary>From the first to the last bin that is not empty; of an empty histogram all.</summary>
    private static (double Low, double High) Span(Histogram histogram)
    {
        var filled = Enumerable.Range(0, histogram.Counts.Count).Where(i => histogram.Counts[i] > 0).DefaultIfEmpty(-1).ToList();
        return filled[0] < 0 ? (histogram.Edges[0], histogram.Edges[^1]) : (histogram.Edges[filled[0]], histogram.Edges[filled[^1] + 1]);
    }

    /// <summary>Adds each bin's share of its histogram to the rows that it covers.</summary>
    private static void AddTo(double[] rows, Histogram histogram, ChartScale y)
    {
        var most = histogram.Counts.Max();
        var sum = histogram.Counts.Sum(c => c / most);
        for (var bin = 0; bin < histogram.Counts.Count; bin++)
        {
            if (histogram.Counts[bin] == 0)
                continue;
            var (from, to) = (Rows * y.At(histogram.Edges[bin]), Rows * y.At(histogram.Edges[bin + 1]));
            var (first, last) = (Math.Clamp((int)from, 0, Rows - 1), Math.Clamp((int)Math.Ceiling(to) - 1, 0, Rows - 1));
            for (var row = first; row <= last; row++)
            {
                var part = first == last ? 1 : (Math.Min(row + 1, to) - Math.Max(row, from)) / (to - from);
                rows[row] += Math.Max(double.Epsilon, Math.Max(part, 1e-9) * (histogram.Counts[bin] / most / sum));
            }
        }
    }
}
