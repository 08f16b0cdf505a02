using Mlops.Storage;

namespace Mlops.Metadata;

/// <content>Reads the steps of a run's pipeline.</content>
public sealed partial class RunCatalog
{
    private const int ArtifactsTogether = 500;
    private const int GoneTogether = 16;

    /// <summary>The steps of a run in order of birth, with those below them; only the uppermost stand in the list itself.</summary>
    /// <exception cref="NotFoundException">There is no such run, or it was purged.</exception>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<IReadOnlyList<RunStep>> ListStepsAsync(RunId run, CancellationToken cancellationToken = default)
    {
        ThrowIfDefault(run);
        if (await _store.FindRecordAsync(run.Value, cancellationToken).ConfigureAwait(false) is not { Kind: RunRecord.Kind, IsPurged: false } record)
            throw await _lifecycle.MissingAsync(run, cancellationToken).ConfigureAwait(false);
        return await ListStepsAsync(run, RunRecord.ParseStatus(record.Find(RunRecord.Status)?.AsText), cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<RunStep>> ListStepsAsync(RunId run, RunStatus status, CancellationToken cancellationToken)
    {
        var records = await _lifecycle.FindAsync(StepRecord.Kind, RunLifecycle.Refers(StepRecord.Run, run.Value), cancellationToken)
            .ToListAsync(cancellationToken).ConfigureAwait(false);
        if (records.Count == 0)
            return [];
        var made = (await ReadArtifactsAsync(
            new Filter.AllOf([RunLifecycle.Refers(ArtifactRecord.Run, run.Value), new Filter.Negation(new Filter.IsMissing(Operand.Field(ArtifactRecord.Step)))]),
            cancellationToken).ConfigureAwait(false)).ToLookup(a => a.Step!.Value.Value, a => a.Data);
        Dictionary<RecordId, StepData> used = [];
        foreach (var ids in records.SelectMany(Used).Distinct().Chunk(ArtifactsTogether))
        {
            var filter = new Filter.OneOf(Operand.Property(RecordProperty.Id), [.. ids.Select(FieldValue.Reference)]);
            foreach (var (data, _) in await ReadArtifactsAsync(filter, cancellationToken).ConfigureAwait(false))
                used[data.Artifact!.Value.Value] = data;
        }

        foreach (var gone in records.SelectMany(Used).Distinct().Where(id => !used.ContainsKey(id)).ToList().Chunk(GoneTogether))
        {
            foreach (var data in await Task.WhenAll(gone.Select(id => DescribeGoneAsync(id, cancellationToken))).ConfigureAwait(false))
                used[data.Artifact!.Value.Value] = data;
        }

        var goesOn = status is RunStatus.Running or RunStatus.Scheduled;
        return ToTree([.. records.OrderBy(r => r.Id).Select(r => StepRecord.Read(
            r,
            goesOn,
            Used(r).Select(id => used[id]),
            made[r.Id].DistinctBy(d => d.Name)))]);
    }

    private static IEnumerable<RecordId> Used(RecordSnapshot step) =>
        step.Fields.TryGetValue(StepRecord.UsedArtifacts, out var values) ? values.Select(v => v.AsReference) : [];

    // that a step read it stays true
    private async Task<StepData> DescribeGoneAsync(RecordId artifact, CancellationToken cancellationToken)
    {
        var record = await _store.FindRecordAsync(artifact, cancellationToken).ConfigureAwait(false);
        return new StepData($"artifact {artifact}", record is { IsPurged: true } ? StepData.Purged : StepData.Absent, null, new ArtifactId(artifact));
    }

    private async Task<List<(StepData Data, StepId? Step)>> ReadArtifactsAsync(Filter filter, CancellationToken cancellationToken) =>
        await _lifecycle.FindAsync(ArtifactRecord.Kind, filter, cancellationToken)
            .Select(r => (Data: Artifact.Read(r), Step: r.Find(ArtifactRecord.Step)))
            .Select(a => (
                new StepData(a.Data.Path.Value, null, a.Data.Digest, a.Data.Id),
                a.Step is { } step ? new StepId(step.AsReference) : (StepId?)null))
            .ToListAsync(cancellationToken).ConfigureAwait(false);

    // a step is born after the one it is a part of, so what stands below it is whole when its turn comes
    private static List<RunStep> ToTree(List<RunStep> steps)
    {
        Dictionary<(StepId?, string), int> attempts = [];
        for (var i = 0; i < steps.Count; i++)
        {
            var key = (steps[i].Parent, steps[i].Name);
            attempts[key] = attempts.GetValueOrDefault(key) + 1;
            steps[i] = steps[i] with { Attempt = attempts[key] };
        }

        var present = steps.Select(s => s.Id).ToHashSet();
        List<RunStep> roots = [];
        Dictionary<StepId, List<RunStep>> below = [];
        for (var i = steps.Count - 1; i >= 0; i--)
        {
            var step = steps[i];
            if (below.Remove(step.Id, out var children))
            {
                children.Reverse();
                step = step with { Children = children };
            }

            if (step.Parent is not { } parent || !present.Contains(parent))
                roots.Add(step);
            else if (below.TryGetValue(parent, out var siblings))
                siblings.Add(step);
            else
                below.Add(parent, [step]);
        }

        roots.Reverse();
        return roots;
    }
}
