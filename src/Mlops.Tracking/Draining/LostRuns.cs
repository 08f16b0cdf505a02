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
        var query = new RunQuery { Filter = RunFilter.Status(RunStatus.Running), IncludeDeleted = true, Limit = 1000 };
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

    private async Task EndAsync(Run run, RecordId owner, CancellationToken cancellationToken)
    {
        // between the question and this answer the owner may have written: then the revision differs and its word counts
        if (await store.FindRecordAsync(run.Id.Value, cancellationToken).ConfigureAwait(false) is not { } record)
            return;
        var now = await runs.GetAsync(run.Id, cancellationToken).ConfigureAwait(false);
        if (now.Status != RunStatus.Running || now.Owner != owner)
            return;
        try
        {
            await store.CommitAsync(
                new Batch
                {
                    Actor = options.Actor,
                    ClientTime = options.Time.GetUtcNow(),
                    Preconditions = [new Precondition(run.Id.Value, record.Revision)],
                    Changes = [RunRecord.Ended(run.Id, new RunEnd(RunStatus.Failed, options.Time.GetUtcNow(), RunEnd.Lost))],
                },
                cancellationToken).ConfigureAwait(false);
            TrackingLog.Lost(logger, run.Id.ToString(), owner);
        }
        catch (ConflictException)
        {
            // the owner was faster
        }
    }
}
