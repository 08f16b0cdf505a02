using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>A run on its way: what is to be here once it is committed. What became of it is counted when it is read back, not before.</summary>
internal sealed class PendingRun(RunId id, string place, MetadataContext context, Tally tally)
{
    private readonly RunCatalog _runs = new(context);
    private readonly Dictionary<ArtifactPath, PendingArtifact> _artifacts = [];
    private Dictionary<ArtifactPath, Digest>? _present;

    public RunId Id { get; } = id;

    public string Place { get; } = place;

    /// <summary>False where only files are added to a run that was taken before.</summary>
    public bool IsCounted { get; init; }

    /// <summary>Whether the run has no record here yet.</summary>
    public bool IsNew { get; init; }

    public IReadOnlyList<PendingField> Fields { get; init; } = [];

    public IReadOnlyCollection<SeriesImport> Series { get; set; } = [];

    /// <exception cref="ArgumentException">Another file has the same path once it is normalised.</exception>
    public async Task AddAsync(PendingArtifact artifact, CancellationToken cancellationToken)
    {
        _present ??= await PresentAsync(cancellationToken).ConfigureAwait(false);
        var isNew = !_present.TryGetValue(artifact.Path, out var digest) || digest != artifact.Content.Digest;
        if (!_artifacts.TryAdd(artifact.Path, artifact with { IsNew = isNew }))
            throw new ArgumentException($"Another file has the path '{artifact.Path}' here too. Rename one of them.", nameof(artifact));
    }

    /// <summary>What has to be written of the record and its artifacts.</summary>
    public IEnumerable<RecordChange> Changes()
    {
        var writes = Fields.Where(f => f.IsNew).Select(f => f.Write).ToList();
        if (IsNew || writes.Count > 0)
        {
            yield return new RecordChange
            {
                Id = Id.Value,
                Kind = RunRecord.Kind,
                Mode = IsNew ? ChangeMode.Create : ChangeMode.Update,
                Action = "run.imported",
                Fields = writes,
            };
        }

        foreach (var artifact in _artifacts.Values.Where(a => a.IsNew))
            yield return ArtifactRecord.Logged(new ArtifactId(context.Ids.Next()), Id, artifact.Path, artifact.Content);
    }

    /// <summary>Reads back what was committed, compares and counts it.</summary>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        var record = await context.Store.FindRecordAsync(Id.Value, cancellationToken).ConfigureAwait(false);
        if (record is null or { IsPurged: true })
        {
            tally.Refuse(tally.Runs, Place, "The run was purged here while it was imported.");
            return;
        }

        foreach (var field in Fields)
            Count(field, record);
        foreach (var series in Series)
        {
            (tally.Points.Taken, tally.Points.Present) = (tally.Points.Taken + series.Added, tally.Points.Present + series.Count - series.Added);
            if (await series.VerifyAsync(context.Store, cancellationToken).ConfigureAwait(false) is { } difference)
                tally.Report(Place, difference);
            else
                tally.VerifiedSeries++;
        }

        if (_artifacts.Count > 0)
        {
            var present = await PresentAsync(cancellationToken).ConfigureAwait(false);
            foreach (var artifact in _artifacts.Values)
                Count(artifact.Counter, artifact.IsNew, present.GetValueOrDefault(artifact.Path) == artifact.Content.Digest, artifact.Place, "Its content is another one here.");
        }

        if (IsCounted)
            Count(tally.Runs, Changes().Any() || Series.Any(s => s.Added > 0), holds: true, Place, "");
    }

    private async Task<Dictionary<ArtifactPath, Digest>> PresentAsync(CancellationToken cancellationToken) =>
        (await _runs.ListArtifactsAsync(Id, cancellationToken).ConfigureAwait(false)).ToDictionary(a => a.Path, a => a.Digest);

    private void Count(PendingField field, RecordSnapshot record)
    {
        var wanted = field.Write.Values is [var value, ..] ? Short(value.ToString()) : "nothing";
        var here = record.Find(field.Write.Name) is { } other ? Short(other.ToString()) : "nothing";
        Count(
            field.Counter, field.IsNew, PendingField.Holds(record, field.Write), Place, $"The field '{field.Write.Name}' is '{wanted}' in MLflow, and '{here}' here; the one here stays.");
    }

    private void Count(Tally.Counter? counter, bool isNew, bool holds, string place, string reason)
    {
        counter ??= new Tally.Counter();
        if (!holds)
            tally.Refuse(counter, place, reason);
        else if (isNew)
            counter.Taken++;
        else
            counter.Present++;
    }

    private static string Short(string text) => text.Length <= 100 ? text : text[..100] + "…";
}
