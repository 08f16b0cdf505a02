using System.Text;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>The rich values of a report: of one run all of them, of several the curves that can be laid over each other.</summary>
internal sealed class ReportValues(RunCatalog catalog, IReadOnlyList<Run> runs, IReadOnlyList<IReadOnlyList<RichSeries>> series, ReportOptions options)
{
    private const int MostNames = 200;
    private readonly ValueReader _reader = new(catalog);

    public bool HasImages => runs.Count == 1 && series[0].Any(s => IsEmbedded(s.Kind));

    public bool HasFigures => runs.Count == 1 && series[0].Any(s => s.Kind == RichValueKind.Figure);

    public static async Task<ReportValues> ListAsync(RunCatalog catalog, IReadOnlyList<Run> runs, ReportOptions options, CancellationToken cancellationToken)
    {
        List<IReadOnlyList<RichSeries>> series = [];
        foreach (var run in runs)
            series.Add(await catalog.ListValuesAsync(run.Id, cancellationToken).ConfigureAwait(false));
        return new ReportValues(catalog, runs, series, options);
    }

    /// <summary>Writes a part for each kind of each name.</summary>
    /// <param name="html">Where to.</param>
    /// <param name="number">How many charts stand before.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task WriteAsync(HtmlWriter html, int number, CancellationToken cancellationToken)
    {
        var all = series.SelectMany(s => s).GroupBy(s => (s.Key, s.Kind)).Where(s => runs.Count == 1 || ShareChart.CanDraw(s.Key.Kind))
            .Select(s => s.Key).OrderBy(s => s.Key, StringComparer.Ordinal).ThenBy(s => s.Kind).ToList();
        if (all.Count == 0)
            return;
        var shown = all.Take(MostNames).ToList();
        var media = new EmbeddedMedia(html, options.MaxEmbeddedBytes, shown.Count(s => IsEmbedded(s.Kind)));
        html.Markup("<section><h2>Values</h2><div class=\"charts\">\n");
        foreach (var (key, kind) in shown)
        {
            html.Write($"<figure class=\"chart{(IsEmbedded(kind) || kind is RichValueKind.Text or RichValueKind.Table ? " full" : "")}\"><h3><bdi>{key}</bdi> <small>{Name(kind)}</small></h3>\n");
            if (IsEmbedded(kind))
                media.NextName();
            try
            {
                await (kind switch
                {
                    _ when ShareChart.CanDraw(kind) => WriteSharesAsync(html, number, key, kind, cancellationToken),
                    RichValueKind.Image => WriteImagesAsync(html, media, Find(0, key, kind)!, cancellationToken),
                    RichValueKind.Histogram => WriteHistogramsAsync(html, number, Find(0, key, kind)!, cancellationToken),
                    _ => WriteLastAsync(html, media, Find(0, key, kind)!, cancellationToken),
                }).ConfigureAwait(false);
            }
            catch (MlopsException e) when (e is NotFoundException or IntegrityException)
            {
                WriteProblem(html, e.Message);
            }

            number += 2;
            html.Markup("</figure>\n");
            await html.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        html.Write($"</div>{(all.Count > shown.Count ? $"The first {shown.Count} of {all.Count} are shown." : "")}</section>\n");
    }

    private async Task WriteSharesAsync(HtmlWriter html, int number, string key, RichValueKind kind, CancellationToken cancellationToken)
    {
        List<(long, RichValue?)> values = [];
        for (var i = 0; i < runs.Count; i++)
        {
            if (Find(i, key, kind) is not { } own)
            {
                values.Add((0, null));
                continue;
            }

            var (step, value, problem) = await _reader.ReadLastAsync(runs[i].Id, own, cancellationToken).ConfigureAwait(false);
            values.Add((step, value));
            if (problem is not null)
                WriteProblem(html, runs.Count == 1 ? problem : $"{runs[i].Name}: {problem}");
        }

        if (values.Exists(v => v.Item2 is not null))
            new ShareChart(runs, values).Write(html, number, key);
    }

    private async Task WriteImagesAsync(HtmlWriter html, EmbeddedMedia media, RichSeries own, CancellationToken cancellationToken)
    {
        var (picked, count) = await _reader.PickAsync(runs[0].Id, own, options.MaxImages, cancellationToken).ConfigureAwait(false);
        var read = new (ImageValue? Image, string? Problem)[picked.Count];

        // the last and the first before those between, so that they are there if the room is small
        foreach (var i in Enumerable.Range(0, picked.Count).OrderBy(i => i == picked.Count - 1 ? 0 : i == 0 ? 1 : 2))
        {
            var (value, problem) = await _reader.ReadAsync(picked[i], cancellationToken).ConfigureAwait(false);
            read[i] = value is not ImageValue image ? (null, problem)
                : media.Take(image.Bytes.Length) ? (image, null)
                : (null, $"step {picked[i].Step}: left out, {NumberText.Bytes(image.Bytes.Length)} have no room in this page");
        }

        html.Markup("<div class=\"strip\">");
        for (var i = 0; i < read.Length; i++)
        {
            html.Markup("<div>");
            if (read[i].Image is { } image)
            {
                media.WriteImage(image.MediaType, image.Bytes.Span, $"{own.Key}, step {picked[i].Step}");
                html.Write($"<small>step {picked[i].Step}</small>");
            }
            else
            {
                WriteProblem(html, read[i].Problem!);
            }

            html.Markup("</div>\n");
        }

        var shown = read.Count(r => r.Image is not null);
        html.Write($"</div><figcaption>{(shown == count ? $"{NumberText.Count(count)} shown" : $"{NumberText.Count(shown)} of {NumberText.Count(count)} shown, {NumberText.Count(count - shown)} left out")}</figcaption>");
    }

    private async Task WriteHistogramsAsync(HtmlWriter html, int number, RichSeries own, CancellationToken cancellationToken)
    {
        var (picked, count) = await _reader.PickAsync(runs[0].Id, own, options.MaxHistograms, cancellationToken).ConfigureAwait(false);
        List<(long, Histogram)> histograms = [];
        List<string> problems = [];
        foreach (var logged in picked)
        {
            var (value, problem) = await _reader.ReadAsync(logged, cancellationToken).ConfigureAwait(false);
            if (value is Histogram histogram)
                histograms.Add((logged.Step, logged == picked[^1] ? histogram : HistogramChart.Coarse(histogram)));
            else
                problems.Add(problem!);
        }

        if (problems.Count > 0)
            WriteProblem(html, problems[0] + (problems.Count > 1 ? $" And {problems.Count - 1} more." : ""));
        if (histograms.Count > 0)
            new HistogramChart(histograms).Write(html, number, own.Key, count);
    }

    private async Task WriteLastAsync(HtmlWriter html, EmbeddedMedia media, RichSeries own, CancellationToken cancellationToken)
    {
        var (step, value, problem) = await _reader.ReadLastAsync(runs[0].Id, own, cancellationToken).ConfigureAwait(false);
        if (problem is not null)
            WriteProblem(html, problem);
        else
            html.Write($"<p class=\"note\">step {step}{(own.Count > 1 ? $", the last of {NumberText.Count(own.Count)}" : "")}</p>\n");
        switch (value)
        {
            case TextValue text:
                FoldedText.Write(html, text.Text);
                break;
            case TableValue table:
                RowsTable.Write(html, table);
                break;
            case ConfusionMatrix matrix:
                ConfusionTable.Write(html, matrix);
                break;
            case FigureValue figure when media.Take(Encoding.UTF8.GetByteCount(figure.Markup)):
                media.WriteFigure(figure, $"{own.Key}, step {step}");
                break;
            case FigureValue figure:
                WriteProblem(html, $"left out, {NumberText.Bytes(Encoding.UTF8.GetByteCount(figure.Markup))} have no room in this page");
                break;
        }
    }

    private RichSeries? Find(int run, string key, RichValueKind kind) => series[run].FirstOrDefault(s => s.Key == key && s.Kind == kind);

    private static bool IsEmbedded(RichValueKind kind) => kind is RichValueKind.Image or RichValueKind.Figure;

    private static void WriteProblem(HtmlWriter html, string text) => html.Write($"<p class=\"problem\">{VisibleText.Of(text, 300)}</p>\n");

    private static string Name(RichValueKind kind) => kind switch
    {
        RichValueKind.Text => "text",
        RichValueKind.Image => "pictures",
        RichValueKind.Figure => "figure",
        RichValueKind.Table => "table",
        RichValueKind.Histogram => "histograms",
        RichValueKind.ConfusionMatrix => "confusion matrix",
        RichValueKind.RocCurve => "ROC curve",
        RichValueKind.PrecisionRecallCurve => "precision-recall curve",
        _ => "calibration",
    };
}
