using System.Runtime.CompilerServices;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>
/// Deletes, restores and purges runs in bounded batches. Whatever was interrupted goes on when it is called again: what is done
/// already is not found any more.
/// </summary>
internal sealed class RunLifecycle(MetadataContext context)
{
    private const int BatchSize = 500;
    private const int MostOwners = 100;
    private const int MostNames = 5;

    /// <summary>A condition on a reference field.</summary>
    public static Filter Refers(string field, params IReadOnlyList<RecordId> to) =>
        new Filter.OneOf(Operand.Field(field), [.. to.Select(FieldValue.Reference)]);

    /// <summary>Runs of any stage that match, newest first.</summary>
    public IAsyncEnumerable<RecordSnapshot> FindAsync(Filter filter, CancellationToken cancellationToken) =>
        FindAsync(RunRecord.Kind, filter, cancellationToken);

    /// <summary>All runs below a run, of any stage, level by level.</summary>
    public async IAsyncEnumerable<RecordSnapshot> FindDescendantsAsync(
        RunId root, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // a copied or imported store may hold a circle
        HashSet<RecordId> seen = [root.Value];
        List<RecordId> level = [root.Value];
        while (level.Count > 0)
        {
            List<RecordId> next = [];
            foreach (var parents in level.Chunk(MostOwners))
            {
                await foreach (var run in FindAsync(Refers(RunRecord.Parent, parents), cancellationToken).ConfigureAwait(false))
                {
                    if (!seen.Add(run.Id))
                        continue;
                    next.Add(run.Id);
                    yield return run;
                }
            }

            level = next;
        }
    }

    /// <summary>Deletes those that are active, as deleted together with <paramref name="cause"/>.</summary>
    public Task DeleteAsync(
        IAsyncEnumerable<RecordSnapshot> runs, RecordId cause, IProgress<long>? progress, CancellationToken cancellationToken) =>
        StageAsync(
            runs.Where(r => RunRecord.ReadStage(r) == LifecycleStage.Active),
            id => RunRecord.DeletedWith(id, cause), LifecycleStage.Deleted, progress, cancellationToken);

    /// <summary>Restores what was deleted together with <paramref name="cause"/>.</summary>
    public Task RestoreAsync(RecordId cause, IProgress<long>? progress, CancellationToken cancellationToken) =>
        StageAsync(
            FindAsync(Refers(RunRecord.DeletedWithField, cause), cancellationToken),
            id => RunRecord.Staged(id, LifecycleStage.Active), LifecycleStage.Active, progress, cancellationToken);

    /// <summary>
    /// Removes runs with the records of their artifacts and steps for good, the last given first: children before their parents, so
    /// that an interrupted purge finds the rest again.
    /// </summary>
    /// <exception cref="InvalidOperationException">One of them is running, or was forked by a run that stays; nothing was removed.</exception>
    /// <exception cref="ConflictException">Somebody changed one of them meanwhile.</exception>
    public async Task PurgeAsync(IAsyncEnumerable<RecordSnapshot> runs, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        List<Precondition> all = [];
        await foreach (var run in runs.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (run.Find(RunRecord.Status)?.AsText == "RUNNING")
                throw new InvalidOperationException($"Run {run.Id} ('{NameOf(run)}') is running and cannot be purged; end it first.");
            all.Add(new Precondition(run.Id, run.Revision));
        }

        await ThrowIfForkedAsync(all, cancellationToken).ConfigureAwait(false);
        all.Reverse();
        long done = 0;
        foreach (var part in all.Chunk(MostOwners))
        {
            var ids = part.Select(p => p.Record).ToArray();
            List<RecordChange> changes = [];
            var artifacts = FindAsync(ArtifactRecord.Kind, Refers(ArtifactRecord.Run, ids), cancellationToken)
                .Select(a => ArtifactRecord.Purged(new ArtifactId(a.Id)));
            var steps = FindAsync(StepRecord.Kind, Refers(StepRecord.Run, ids), cancellationToken)
                .Select(s => StepRecord.Purged(new StepId(s.Id)));
            await foreach (var purged in artifacts.Concat(steps).ConfigureAwait(false))
            {
                changes.Add(purged);
                if (changes.Count < BatchSize)
                    continue;
                await CommitAsync(changes, part, cancellationToken).ConfigureAwait(false);
                changes = [];
            }

            changes.AddRange(ids.Select(id => RunRecord.Purged(new RunId(id))));
            await CommitAsync(changes, part, cancellationToken).ConfigureAwait(false);
            foreach (var id in ids)
                context.TellStaged(new RunId(id), null);
            progress?.Report(done += ids.Length);
        }
    }

    /// <summary>The record of a run, once everything logged so far is in the store.</summary>
    /// <exception cref="NotFoundException">There is none, or it was purged.</exception>
    public async Task<RecordSnapshot> GetAsync(RunId id, CancellationToken cancellationToken)
    {
        await context.FlushAsync(cancellationToken).ConfigureAwait(false);
        return await context.Store.FindRecordAsync(id.Value, cancellationToken).ConfigureAwait(false) is { Kind: RunRecord.Kind, IsPurged: false } record
            ? record
            : throw await MissingAsync(id, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Why there is no such run.</summary>
    public async Task<NotFoundException> MissingAsync(RunId id, CancellationToken cancellationToken)
    {
        var record = await context.Store.FindRecordAsync(id.Value, cancellationToken).ConfigureAwait(false);
        if (record is { IsPurged: true, Kind: RunRecord.Kind })
        {
            var last = (await context.Store.ReadChainAsync(id.Value, cancellationToken).ConfigureAwait(false))[^1].Entry;
            return new NotFoundException(
                $"Run {id} was purged by '{last.Actor}' at {Microseconds.ToTime(last.CommitTime):u}; only its log is left.");
        }

        return new NotFoundException(record is null
            ? $"Run {id} is not in the store at {context.Store.Info.Location}. Check the id, or flush the run in the process that started it."
            : $"Record {id} is of the kind '{record.Kind}', not a run. Check the id.");
    }

    /// <summary>The first few runs by id and name, for a message; empty if there are none.</summary>
    public static async Task<string> DescribeAsync(IAsyncEnumerable<RecordSnapshot> runs, CancellationToken cancellationToken)
    {
        var first = await runs.Take(MostNames + 1).ToListAsync(cancellationToken).ConfigureAwait(false);
        return string.Join(", ", first.Take(MostNames).Select(r => $"{r.Id} ('{NameOf(r)}')")) + (first.Count > MostNames ? ", …" : "");
    }

    private static string NameOf(RecordSnapshot run) => run.Find(RunRecord.Name)?.AsText ?? "";

    private async Task ThrowIfForkedAsync(List<Precondition> runs, CancellationToken cancellationToken)
    {
        var going = runs.Select(r => r.Record).ToHashSet();
        foreach (var part in runs.Chunk(MostOwners))
        {
            var forks = FindAsync(Refers(RunRecord.ForkedFromField, [.. part.Select(p => p.Record)]), cancellationToken)
                .Where(f => !going.Contains(f.Id));
            if (await DescribeAsync(forks, cancellationToken).ConfigureAwait(false) is { Length: > 0 } staying)
                throw new InvalidOperationException($"The runs cannot be purged: others were forked from them and share their curves. Purge these first: {staying}.");
        }
    }

    private Task<BatchResult> CommitAsync(List<RecordChange> changes, Precondition[] unchanged, CancellationToken cancellationToken) =>
        context.Store.CommitAsync(
            new Batch { Actor = context.Actor, ClientTime = context.Time.GetUtcNow(), Preconditions = unchanged, Changes = changes },
            cancellationToken);

    private async Task StageAsync(
        IAsyncEnumerable<RecordSnapshot> runs, Func<RunId, RecordChange> change, LifecycleStage stage,
        IProgress<long>? progress, CancellationToken cancellationToken)
    {
        long done = 0;
        await foreach (var part in runs.Select(r => new RunId(r.Id)).Chunk(BatchSize).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            await context.CommitAsync([.. part.Select(change)], cancellationToken).ConfigureAwait(false);
            foreach (var id in part)
                context.TellStaged(id, stage);
            progress?.Report(done += part.Length);
        }
    }

    /// <summary>Records of a kind that match, newest first.</summary>
    public async IAsyncEnumerable<RecordSnapshot> FindAsync(
        string kind, Filter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = new RecordQuery { Kind = kind, Filter = filter, Limit = BatchSize };
        while (true)
        {
            var page = await context.Store.QueryAsync(query, cancellationToken).ConfigureAwait(false);
            foreach (var record in page.Records)
                yield return record;
            if (page.Next is null)
                yield break;
            query = query with { Cursor = page.Next };
        }
    }
}
