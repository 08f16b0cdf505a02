using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>
/// Brings runs with what was logged to them. A run's record goes in before or with its points; how many points a series has here
/// says where an interrupted import goes on.
/// </summary>
internal sealed class RunImport(
    IMlflowSource source, MetadataContext context, IReadOnlyDictionary<string, ExperimentId> experiments, Tally tally)
{
    private const int PointsTogether = 250_000;
    private const int RunsTogether = 500;
    private readonly List<RecordChange> _changes = [];
    private readonly List<SeriesAppend> _appends = [];
    private readonly List<(SeriesImport Series, string Place)> _unverified = [];
    private int _points;
    private int _runs;

    /// <summary>Takes a run; false if it cannot be.</summary>
    public async Task<bool> TakeAsync(SourceRun run, CancellationToken cancellationToken)
    {
        var target = await context.Store.FindRecordAsync(run.Id.Value, cancellationToken).ConfigureAwait(false);
        if (Refusal(run, target) is { } refusal)
        {
            tally.Refuse(tally.Runs, run.Place, refusal);
            return false;
        }

        var writes = Writes(run, target);
        if (target is null || writes.Count > 0)
        {
            _changes.Add(new RecordChange
            {
                Id = run.Id.Value,
                Kind = RunRecord.Kind,
                Mode = target is null ? ChangeMode.Create : ChangeMode.Update,
                Action = "run.imported",
                Fields = writes,
            });
        }

        var grown = await TakePointsAsync(run, target, cancellationToken).ConfigureAwait(false);
        if (target is null || writes.Count > 0 || grown)
            tally.Runs.Taken++;
        else
            tally.Runs.Present++;
        if (++_runs >= RunsTogether || _points >= PointsTogether)
            await CommitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Lets changes wait that belong to the runs taken so far.</summary>
    public void Add(IReadOnlyList<RecordChange> changes) => _changes.AddRange(changes);

    /// <summary>Commits what waits, and reads it back.</summary>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await WriteAsync(cancellationToken).ConfigureAwait(false);
        foreach (var (series, place) in _unverified)
        {
            using (series)
            {
                if (await series.VerifyAsync(context.Store, cancellationToken).ConfigureAwait(false) is { } difference)
                    tally.Report(place, difference);
                else
                    tally.VerifiedSeries++;
            }
        }

        _unverified.Clear();
        _runs = 0;
    }

    private string? Refusal(SourceRun run, RecordSnapshot? target) =>
        !experiments.ContainsKey(run.ExperimentId) ? $"Its experiment {run.ExperimentId} could not be taken."
        : target is null ? null
        : target.IsPurged ? "The run was purged here for good."
        : target.Kind != RunRecord.Kind ? $"Its id belongs to a record of the kind '{target.Kind}' here."
        : null;

    private List<FieldWrite> Writes(SourceRun run, RecordSnapshot? target)
    {
        var stage = run.IsDeleted ? LifecycleStage.Deleted : LifecycleStage.Active;
        List<FieldWrite> writes = [];
        if (target is null)
        {
            var parent = RunId.TryParse(run.Tags.GetValueOrDefault("mlflow.parentRunId"), null, out var id) ? id : (RunId?)null;

            // the order of runs is that of their start: one without would be seen nowhere
            writes.AddRange(RunRecord.Foreign(experiments[run.ExperimentId], NameOf(run), run.Start ?? run.End ?? context.Time.GetUtcNow(), parent));
        }

        writes.AddRange(RunRecord.ForeignState(run.Status, run.End, stage).Where(write => !Has(target, write)));
        foreach (var (key, value) in run.Params)
            AddText("parameter", key, value, tally.Params, () => RunRecord.Param(key, value));
        foreach (var (key, value) in run.Tags)
            AddText("tag", key, value, tally.Tags, () => RunRecord.Tag(key, value));
        return writes;

        void AddText(string kind, string key, string value, Tally.Counter counter, Func<FieldWrite> create)
        {
            try
            {
                EntityText.Key(kind, key);
                EntityText.Value(kind, key, value);
            }
            catch (ArgumentException e)
            {
                tally.Refuse(counter, run.Place, e.Message);
                return;
            }

            var write = create();
            if (Has(target, write))
            {
                counter.Present++;
            }
            else if (write.Mode == FieldWriteMode.Once && target?.Find(write.Name) is { } other)
            {
                tally.Refuse(counter, run.Place, $"Parameter '{key}' is '{value}' in MLflow, and '{other}' here; the one here stays.");
            }
            else
            {
                counter.Taken++;
                writes.Add(write);
            }
        }
    }

    private string NameOf(SourceRun run)
    {
        try
        {
            return EntityText.Name("run", run.Name);
        }
        catch (ArgumentException e)
        {
            tally.Report(run.Place, $"{e.Message} The run is named by its id here.");
            return run.Id.ToString();
        }
    }

    private static bool Has(RecordSnapshot? target, FieldWrite write) => target?.Find(write.Name) is { } present && present.IsSame(write.Values[0]);

    private async Task<bool> TakePointsAsync(SourceRun run, RecordSnapshot? target, CancellationToken cancellationToken)
    {
        Dictionary<string, long> present = [];
        if (target is not null)
        {
            foreach (var info in await context.Store.ListSeriesAsync([run.Id.Value], cancellationToken).ConfigureAwait(false))
                present[info.Name] = info.Position;
        }

        Dictionary<string, SeriesImport> all = new(StringComparer.Ordinal);
        SeriesImport? series = null;
        var grown = false;
        foreach (var point in source.Points(run))
        {
            if (!ReferenceEquals(series?.Key, point.Key) && !all.TryGetValue(point.Key, out series))
                all[point.Key] = series = new SeriesImport(run.Id, point.Key, present.GetValueOrDefault(RunRecord.MetricSeries(point.Key)));
            if (series!.Refusal is { } refusal)
            {
                tally.Refuse(tally.Points, run.Place, refusal);
            }
            else if (point.Milliseconds is < -62_135_596_800_000 or > 253_402_300_799_999)
            {
                tally.Refuse(tally.Points, run.Place, $"Metric '{point.Key}' has a time outside the years 1 to 9999: {point.Milliseconds} ms.");
            }
            else if (!series.Add(point.Step, point.Milliseconds * 1000, point.Value))
            {
                tally.Points.Present++;
            }
            else
            {
                tally.Points.Taken++;
                grown = true;
                if (++_points % PointsTogether == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    _appends.AddRange(all.Values.Select(s => s.Take()).OfType<SeriesAppend>());
                    await WriteAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }

        _appends.AddRange(all.Values.Select(s => s.Take()).OfType<SeriesAppend>());
        _unverified.AddRange(all.Values.Where(s => s.Count > 0).Select(s => (s, run.Place)));
        return grown;
    }

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
