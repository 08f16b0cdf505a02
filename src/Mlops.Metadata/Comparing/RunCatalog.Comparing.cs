using Mlops.Storage;

namespace Mlops.Metadata;

/// <content>Compares and groups.</content>
public sealed partial class RunCatalog
{
    /// <summary>Runs side by side: what differs, whose metrics are best, and the curves that the options name.</summary>
    /// <param name="ids">At least one run, in the order wanted.</param>
    /// <param name="options">How; the last value of each metric, and no curves, by default.</param>
    /// <param name="progress">Told the part of the curves that are read, 0 to 1.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ArgumentException">There is no id, one is <c>default</c> or comes twice, or an option is out of its range.</exception>
    /// <exception cref="NotFoundException">A run is not in the store.</exception>
    public async Task<RunComparison> CompareAsync(
        IReadOnlyList<RunId> ids, ComparisonOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new ComparisonOptions();
        var comparison = await CompareTextsAsync(ids, options, cancellationToken).ConfigureAwait(false);
        List<ComparedCurves> curves = [];
        foreach (var metric in options.Curves)
        {
            curves.Add(await ReadCurvesAsync(comparison.Runs, metric, options, cancellationToken).ConfigureAwait(false));
            progress?.Report((double)curves.Count / options.Curves.Count);
        }

        return comparison with { Curves = curves };
    }

    /// <summary>
    /// The runs that match, grouped by fields, with what numbers amount to in each group. Only the fields
    /// named travel, page by page, and only the groups are held in memory.
    /// </summary>
    /// <param name="query">Which runs; its limit, cursor, order and selection do not matter.</param>
    /// <param name="by">The fields to group by; a run that has no such field is in the group of those without. None makes one group.</param>
    /// <param name="of">The fields whose numbers are aggregated, such as metrics and numeric parameters.</param>
    /// <param name="progress">Told the runs read so far.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The groups by key, numbers as numbers; a missing key comes last.</returns>
    /// <exception cref="NotFoundException">The experiment does not exist.</exception>
    public async Task<IReadOnlyList<RunGroup>> GroupAsync(
        RunQuery query,
        IReadOnlyList<RunField> by,
        IReadOnlyList<RunField> of,
        IProgress<long>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(by);
        ArgumentNullException.ThrowIfNull(of);
        var grouping = new RunGrouping(by, of);
        string[] select = [.. by.Concat(of).Select(field => field.Column).OfType<string>().Distinct()];
        query = query with { OrderBy = [], Select = select, Limit = 1000, Cursor = null };
        for (var read = 0L; ;)
        {
            var page = await QueryAsync(query, cancellationToken).ConfigureAwait(false);
            foreach (var run in page.Runs)
                grouping.Add(run);
            progress?.Report(read += page.Runs.Count);
            if (page.Next is null)
                return grouping.ToGroups();
            query = query with { Cursor = page.Next };
        }
    }

    private async Task<RunComparison> CompareTextsAsync(IReadOnlyList<RunId> ids, ComparisonOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Count == 0)
            throw new ArgumentException("There is no run to compare; pass the id of at least one.", nameof(ids));
        if (ids.GroupBy(id => id).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Run {twice.Key} is given twice; pass each run once.", nameof(ids));
        if (options.Cells is < 2 or > 100_000)
            throw new ArgumentOutOfRangeException(nameof(options), options.Cells, "The number of cells of a curve is 2 to 100,000.");
        List<Run> runs = [];
        foreach (var id in ids)
            runs.Add(await GetAsync(id, cancellationToken).ConfigureAwait(false));
        List<RecordSnapshot> experiments = [];
        foreach (var id in runs.Select(r => r.ExperimentId).Distinct())
        {
            if (await _store.FindRecordAsync(id.Value, cancellationToken).ConfigureAwait(false) is { } experiment)
                experiments.Add(experiment);
        }

        return RunComparer.Compare(runs, experiments, options);
    }

    private async Task<ComparedCurves> ReadCurvesAsync(
        IReadOnlyList<Run> runs, string metric, ComparisonOptions options, CancellationToken cancellationToken)
    {
        var reader = new CurveReader(this);
        List<IReadOnlyList<CurveCell>> curves = [];
        foreach (var run in runs)
            curves.Add(await reader.ReadAsync(run, metric, options.Axis, options.Cells, cancellationToken).ConfigureAwait(false));
        return new ComparedCurves(metric, options.Axis, curves);
    }
}
