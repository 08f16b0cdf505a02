using System.Globalization;

namespace Mlops.Metadata;

/// <summary>A confusion matrix as a table: each cell with its count and its share of the row, which shades it.</summary>
internal static class ConfusionTable
{
    private const int MostClasses = 30;
    private const int Shades = 10;
    private const int LongestLabel = 60;

    public static void Write(HtmlWriter html, ConfusionMatrix matrix)
    {
        var shown = Math.Min(matrix.Labels.Count, MostClasses);
        html.BeginWide("Confusion matrix").Markup("<table class=\"confusion\"><thead><tr><th scope=\"col\">actual \\ predicted</th>");
        foreach (var label in matrix.Labels.Take(shown))
            html.Write($"<th scope=\"col\" class=\"n\"><bdi>{VisibleText.Of(label, LongestLabel)}</bdi></th>");
        html.Markup("</tr></thead><tbody>\n");
        for (var row = 0; row < shown; row++)
        {
            html.Write($"<tr><th scope=\"row\"><bdi>{VisibleText.Of(matrix.Labels[row], LongestLabel)}</bdi></th>");
            var counts = matrix.Counts[row];
            for (var column = 0; column < shown; column++)
            {
                var share = Share(counts[column], counts);
                html.Write($"<td class=\"n q{(int)Math.Ceiling(Shades * share)}\">{Count(counts[column])} <small>{share.ToString("0.#%", CultureInfo.InvariantCulture)}</small></td>");
            }

            html.Markup("</tr>\n");
        }

        var right = Share(matrix.Counts.Select((row, i) => row[i]), matrix.Counts.SelectMany(row => row));
        html.Write($"</tbody></table></div><figcaption>counts and percents of the row; {right.ToString("0.##%", CultureInfo.InvariantCulture)} on the diagonal{(shown < matrix.Labels.Count ? $"; the first {shown} of {matrix.Labels.Count} classes" : "")}</figcaption>");
    }

    private static double Share(double part, IEnumerable<double> whole) => Share([part], whole);

    // divided before they are added, so that no sum of finite counts becomes infinite
    private static double Share(IEnumerable<double> part, IEnumerable<double> whole)
    {
        var all = whole.ToList();
        var most = all.Max();
        return most == 0 ? 0 : Math.Min(1, part.Sum(v => v / most) / all.Sum(v => v / most));
    }

    private static string Count(double count) => count < 1e15 ? count.ToString("#,0.##", CultureInfo.InvariantCulture) : NumberText.Of(count);
}
