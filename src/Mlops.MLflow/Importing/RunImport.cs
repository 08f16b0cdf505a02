using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>
/// Brings runs with what was logged to them. A run's record goes in before or with its points; how many points a series has here
/// says where an interrupted import goes on.
/// </summary>
internal sealed class RunImport(
    IMlflowSource source, MetadataContext context, IReadOnlyDictionary<string, ExperimentId> experiments, ArtifactImport artifacts, Tally tally)
{
    private const int PointsTogether = 250_000;
    private const int RunsTogether = 500;
    private readonly HashSet<RunId> _seen = [];
    private readonly List<RecordChange> _changes = [];
    private readonly List<SeriesAppend> _appends = [];
    private readonly List<PendingRun> _pending = [];
    private int _points;

    public async Task TakeAsync(SourceRun run, CancellationToken cancellationToken)
    {
        tally.Progress = tally.Progress with { Runs = tally.Progress.Runs + 1 };
        var target = await context.Store.FindRecordAsync(run.Id.Value, cancellationToken).ConfigureAwait(false);
        if (Refusal(run, target) is { } refusal)
        {
            tally.Refuse(tally.Runs, run.Place, refusal);
            return;
        }

        var fields = new RunFields(run, target, experiments[run.ExperimentId], context.Time.GetUtcNow(), tally);
        var pending = new PendingRun(run.Id, run.Place, context, tally) { IsCounted = true, IsNew = target is null, Fields = fields.All };
        await artifacts.TakeTextsAsync(fields.LongTexts, pending, cancellationToken).ConfigureAwait(false);
        await artifacts.TakeFilesAsync(run.Files, pending, cancellationToken).ConfigureAwait(false);
        _changes.AddRange(pending.Changes());
        pending.Series = await TakePointsAsync(run, isNew: target is null, cancellationToken).ConfigureAwait(false);
        await AddAsync(pending, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes files that belong to a run which was taken before.</summary>
    public async Task TakeFilesAsync(SourceFiles files, CancellationToken cancellationToken)
    {
        if (!_seen.Contains(files.Run))
        {
            tally.Report(files.Place, $"Its run {files.Run} was not taken, and so its files were not.");
            return;
        }

        var pending = new PendingRun(files.Run, files.Place, context, tally);
        await artifacts.TakeFilesAsync(files, pending, cancellationToken).ConfigureAwait(false);
        _changes.AddRange(pending.Changes());
        await AddAsync(pending, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Commits what waits, reads it back and counts it.</summary>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await WriteAsync(cancellationToken).ConfigureAwait(false);
        foreach (var run in _pending)
            await run.VerifyAsync(cancellationToken).ConfigureAwait(false);
        _pending.Clear();
    }

    private async Task AddAsync(PendingRun pending, CancellationToken cancellationToken)
    {
        _pending.Add(pending);
        if (_pending.Count >= RunsTogether || _points >= PointsTogether)
            await CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private string? Refusal(SourceRun run, RecordSnapshot? target) =>
        !experiments.ContainsKey(run.ExperimentId) ? $"Its experiment {run.ExperimentId} could not be taken."
        : target is { IsPurged: true } ? "The run was purged here for good."
        : target is not null && target.Kind != RunRecord.Kind ? $"Its id belongs to a record of the kind '{target.Kind}' here."
        : !_seen.Add(run.Id) ? "The store has another run of this id; that one was taken."
        : null;

    private async Task<IReadOnlyCollection<SeriesImport>> TakePointsAsync(SourceRun run, bool isNew, CancellationToken cancellationToken)
    {
        var present = isNew
            ? []
            : (await context.Store.ListSeriesAsync([run.Id.Value], cancellationToken).ConfigureAwait(false)).ToDictionary(s => s.Name, s => s.Position);
        Dictionary<string, SeriesImport> all = new(StringComparer.Ordinal);
        SeriesImport? series = null;
        var read = 0L;
        foreach (var point in source.Points(run))
        {
            read++;
            if (!ReferenceEquals(series?.Key, point.Key) && !all.TryGetValue(point.Key, out series))
                all[point.Key] = series = new SeriesImport(run.Id, point.Key, present.GetValueOrDefault(RunRecord.MetricSeries(point.Key)));
            if (series!.IsAtItsEnd)
                await series.CheckBeginningAsync(context.Store, cancellationToken).ConfigureAwait(false);
            if ((series.Refusal ?? MlflowText.TimeRefusal(point)) is { } refusal)
            {
                tally.Refuse(tally.Points, run.Place, refusal);
            }
            else if (series.Add(point.Step, point.Milliseconds * 1000, point.Value) && ++_points % PointsTogether == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Wait(all.Values);
                await WriteAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        Wait(all.Values);
        tally.Progress = tally.Progress with { Points = tally.Progress.Points + read };
        return [.. all.Values.Where(s => s.Count > 0)];
    }

    private void Wait(IEnumerable<SeriesImport> series) => _appends.AddRange(series.Select(s => s.Take()).OfType<SeriesAppend>());

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        _points = 0;
        if (_changes.Count == 0 && _appends.Count == 0)
            return;
        await context.Store.CommitAsync(
            new Batch { Actor = context.Actor, ClientTime = context.Time.GetUtcNow(), Changes = [.. _changes], Appends = [.. _appends] },
            cancellationToken).ConfigureAwait(false);
        _changes.Clear();
        _appends.Clear();
    }
}
