namespace Mlops.Metadata;

/// <content>Writes reports.</content>
public sealed partial class RunCatalog
{
    /// <summary>
    /// Writes one HTML page about a run, or about several beside each other, that needs no network and no other file: tables,
    /// curves that keep every extreme, parameters against a metric, and rich values: all of one run, and of several the ROC,
    /// precision-recall and calibration curves. Curves by step are drawn from the store's statistics. A rich value whose content is
    /// damaged or lost is told in its place.
    /// </summary>
    /// <param name="ids">At least one run, in the order wanted.</param>
    /// <param name="stream">Where to; written piece by piece and left open.</param>
    /// <param name="options">What it shows.</param>
    /// <param name="progress">Told the part that is written, 0 to 1.</param>
    /// <param name="cancellationToken">Cancels; what was written stays.</param>
    /// <inheritdoc cref="CompareAsync" path="/exception"/>
    public async Task WriteReportAsync(
        IReadOnlyList<RunId> ids,
        Stream stream,
        ReportOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        options ??= new ReportOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxEmbeddedBytes, nameof(options));
        if (options is { MaxImages: < 0 or > 1_000 } or { MaxHistograms: < 1 or > 100_000 })
            throw new ArgumentOutOfRangeException(nameof(options), "A report shows 0 to 1,000 pictures and 1 to 100,000 histograms of a name.");
        var comparison = await CompareTextsAsync(ids, options.Comparison, cancellationToken).ConfigureAwait(false);
        var target = comparison.Metrics.FirstOrDefault(m => options.Target is { } key ? m.Key == key : m.Values.Count(v => v is not null) > 1);
        if (target is null && options.Target is not null)
            throw new ArgumentException($"No run has the metric '{options.Target}'. Name one of theirs as the target, or none.", nameof(options));
        var title = options.Title ?? (ids.Count == 1 ? comparison.Runs[0].Name : $"Comparison of {ids.Count} runs");
        var html = new HtmlWriter(stream);
        var page = new ReportPage(html, comparison, title, _context.Time.GetUtcNow());
        var values = await ReportValues.ListAsync(this, comparison.Runs, options, cancellationToken).ConfigureAwait(false);
        page.Begin(values.HasImages, values.HasFigures);
        page.WriteRuns();
        page.WriteMetrics();
        await WriteStepsAsync(html, comparison.Runs, cancellationToken).ConfigureAwait(false);
        await WriteCurvesAsync(html, comparison, options.Comparison, progress, cancellationToken).ConfigureAwait(false);
        await values.WriteAsync(html, comparison.Metrics.Count, cancellationToken).ConfigureAwait(false);
        if (target is not null && ids.Count > 1 && comparison.Params.Any(p => p.Differs))
            new ParallelChart(comparison, target).Write(html);
        page.WriteTexts("Parameters", comparison.Params);
        page.WriteTexts("Tags", comparison.Tags);
        page.WriteTexts("Context", comparison.Context);
        html.Markup("<section><h2>Artifacts</h2>\n");
        foreach (var run in comparison.Runs)
        {
            page.WriteArtifacts(run, await ListArtifactsAsync(run.Id, cancellationToken).ConfigureAwait(false));
            await html.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        html.Markup("</section>\n");
        page.End();
        await html.FlushAsync(cancellationToken).ConfigureAwait(false);
        progress?.Report(1);
    }

    /// <summary>The same into a file, which appears whole or not at all; an existing file is replaced.</summary>
    /// <inheritdoc cref="WriteReportAsync(IReadOnlyList{RunId}, Stream, ReportOptions?, IProgress{double}?, CancellationToken)"/>
    public async Task WriteReportAsync(
        IReadOnlyList<RunId> ids,
        string path,
        ReportOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var temporary = $"{Path.GetFullPath(path)}.{Path.GetRandomFileName()}.part";
        try
        {
            var file = new FileStream(temporary, FileMode.CreateNew);
            await using (file.ConfigureAwait(false))
            {
                await WriteReportAsync(ids, file, options, progress, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private async Task WriteStepsAsync(HtmlWriter html, IReadOnlyList<Run> runs, CancellationToken cancellationToken)
    {
        var any = false;
        foreach (var run in runs)
        {
            var steps = await ListStepsAsync(run.Id, run.Status, cancellationToken).ConfigureAwait(false);
            if (steps.Count == 0)
                continue;
            if (!any)
                html.Markup("<section><h2>Steps</h2>\n");
            any = true;
            new StepTable(html, run, steps, _context.Time.GetUtcNow()).Write(open: runs.Count == 1);
            await html.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        if (any)
            html.Markup("</section>\n");
    }

    private async Task WriteCurvesAsync(
        HtmlWriter html, RunComparison comparison, ComparisonOptions options, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        // a metric that was logged once has no curve; the table has its value
        var metrics = comparison.Metrics
            .Where(m => options.Curves.Count == 0 || options.Curves.Contains(m.Key))
            .Where(m => comparison.Runs.Any(r => r.Metrics.TryGetValue(m.Key, out var summary) && summary.Count > 1)).ToList();
        if (metrics.Count == 0)
            return;
        html.Markup("<section><h2>Curves</h2><div class=\"charts\">\n");
        for (var i = 0; i < metrics.Count; i++)
        {
            var curves = await ReadCurvesAsync(comparison.Runs, metrics[i].Key, options, cancellationToken).ConfigureAwait(false);
            new LineChart(curves, comparison.Runs, metrics[i]).Write(html, i);
            await html.FlushAsync(cancellationToken).ConfigureAwait(false);
            progress?.Report((i + 1.0) / (metrics.Count + 1));
        }

        html.Markup("</div></section>\n");
    }
}
