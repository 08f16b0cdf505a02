using Microsoft.Extensions.Logging;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Signs of life of clients, and the end of runs whose client shows none: FAILED with the reason <c>lost</c>, provisionally,
/// because the client may only have slept.
/// </summary>
internal sealed class LostRuns(IMetadataStore store, RunCatalog runs, RecordId self, TrackingOptions options, ILogger logger)
{
    /// <summary>The cell that says that a client lives.</summary>
    public static CellWrite SignOfLife(RecordId writer, TimeSpan lifetime) =>
        new() { Key = Key(writer), Value = ReadOnlyMemory<byte>.Empty, Lifetime = lifetime };

    /// <summary>The write that takes the sign back when a client closes.</summary>
    public static CellWrite NoSignOfLife(RecordId writer) => new() { Key = Key(writer), Value = null };

    /// <summary>Ends every running run whose client is gone.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var query = new RunQuery { Filter = RunFilter.Status(RunStatus.Running), IncludeDeleted = true, Select = [], Limit = 1000 };
        Dictionary<RecordId, bool> alive = new() { [self] = true };
        while (true)
        {
            var page = await runs.QueryAsync(query, cancellationToken).ConfigureAwait(false);
            foreach (var run in page.Runs)
            {
                if (run.Owner is not { } owner)
                    continue;
                if (!alive.TryGetValue(owner, out var lives))
                    alive[owner] = lives = await IsAliveAsync(owner, cancellationToken).ConfigureAwait(false);
                if (!lives)
                    await EndAsync(run, owner, cancellationToken).ConfigureAwait(false);
            }

            if (page.Next is null)
                return;
            query = query with { Cursor = page.Next };
        }
    }

    private static string Key(RecordId writer) => $"lease/writer/{writer}";

    private async Task<bool> IsAliveAsync(RecordId writer, CancellationToken cancellationToken) =>
        await store.FindCellAsync(Key(writer), cancellationToken).ConfigureAwait(false) is not null
        || WriterFolder.IsPerhapsAlive(options.JournalPath, writer);

    /// <summary>
    /// Takes back runs of this client that others gave up while it slept, as a laptop does. One that somebody reopened meanwhile
    /// is theirs.
    /// </summary>
    public async Task TakeBackAsync(IEnumerable<RunId> own, CancellationToken cancellationToken)
    {
        foreach (var id in own)
        {
            await ChangeAsync(
                id,
                run => run is { Status: RunStatus.Failed, EndReason: RunEnd.Lost } && run.Owner == self,
                RunRecord.Resumed(id, self),
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task EndAsync(Run run, RecordId owner, CancellationToken cancellationToken)
    {
        var ended = RunRecord.Ended(run.Id, new RunEnd(RunStatus.Failed, options.Time.GetUtcNow(), RunEnd.Lost));
        if (await ChangeAsync(run.Id, now => now.Status == RunStatus.Running && now.Owner == owner, ended, cancellationToken).ConfigureAwait(false))
            TrackingLog.Lost(logger, run.Id.ToString(), owner);
    }

    /// <summary>Changes a run of which something holds; false if it does not, or if somebody else has written meanwhile.</summary>
    private async Task<bool> ChangeAsync(RunId id, Func<Run, bool> holds, RecordChange change, CancellationToken cancellationToken)
    {
        if (await store.FindRecordAsync(id.Value, cancellationToken).ConfigureAwait(false) is not { IsPurged: false } record
            || !holds(RunRecord.Read(record, [])))
        {
            return false;
        }

        try
        {
            await store.CommitAsync(
                new Batch
                {
                    Actor = options.Actor,
                    ClientTime = options.Time.GetUtcNow(),
                    Preconditions = [new Precondition(id.Value, record.Revision)],
                    Changes = [change],
                },
                cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ConflictException)
        {
            return false;
        }
    }
}
