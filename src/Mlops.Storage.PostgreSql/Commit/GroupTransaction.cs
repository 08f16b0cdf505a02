using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Commits some batches in one transaction of two round trips: read what they name, apply them in memory, write what came of it.
/// A batch that fails is left out, and the others are applied again without it.
/// </summary>
internal sealed class GroupTransaction(Database database)
{
    private readonly CommitMarker _marker = new(database);

    /// <summary>Removes what this open store keeps for itself.</summary>
    public Task RemoveMarkerAsync() => _marker.RemoveAsync();

    /// <summary>
    /// Runs the transaction once and sets results and errors. If it throws, nothing was committed and none is set. Cancelling is
    /// heard until the writes are sent, and again where their answer got lost.
    /// </summary>
    public async Task RunAsync(IReadOnlyList<PendingBatch> group, CancellationToken cancellationToken)
    {
        var needs = new BatchNeeds(group.Select(p => p.Batch));
        var connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await database.Names.EnsureAsync(database, connection, needs.Names, cancellationToken).ConfigureAwait(false);
            var before = await Prefetched.ReadAsync(database, connection, needs, cancellationToken).ConfigureAwait(false);
            var outcome = new GroupOutcome(group, before, database.Options.Time);
            cancellationToken.ThrowIfCancellationRequested();
            if (!outcome.Writes.IsEmpty)
                await WriteAsync(connection, group, outcome, cancellationToken).ConfigureAwait(false);
            outcome.Publish();
        }
    }

    private async Task WriteAsync(
        NpgsqlConnection connection, IReadOnlyList<PendingBatch> group, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        var round = new Round(database, connection);
        RecordWrites.AddPurges(round, outcome.Writes);
        RecordWrites.Add(round, outcome.Writes, database.Names);
        SeriesWrites.Add(round, outcome.Series, outcome.Writes, database.Names);
        OtherWrites.Add(round, outcome.Writes);
        var sequence = _marker.Add(round);
        OtherWrites.AddLog(round, outcome.Writes);
        try
        {
            await round.Commit().ExecuteAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (PostgreSqlFailure.IsUncertain(e))
        {
            // whose batch has a key can find out by sending it again, and need not wait here; one that is cancelled ends nobody else's
            var patience = group.All(p => p.Batch.Key is not null) ? database.Options.ReconnectTimeout : database.Options.BusyTimeout;
            if (!await _marker.ResolveAsync(sequence, patience, e, group.Count == 1 ? cancellationToken : CancellationToken.None).ConfigureAwait(false))
                throw;
        }
    }
}
