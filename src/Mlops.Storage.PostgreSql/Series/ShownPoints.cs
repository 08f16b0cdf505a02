using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace Mlops.Storage.PostgreSql;

/// <summary>Lays points out as rows, for the view <c>metric_points</c>.</summary>
internal sealed class ShownPoints(Database database, NpgsqlConnection connection)
{
    private const string Copy = "COPY mlops.shown_points (record, name, ord, step, time, value) FROM STDIN (FORMAT BINARY)";

    /// <summary>Shows these series of a record instead of what it showed before; null shows nothing. Returns the number of points.</summary>
    public async Task<long> ReplaceAsync(RecordId owner, string? prefix, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await TryReplaceAsync(owner, prefix, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgreSqlFailure.IsCollision(e) && Stopwatch.GetElapsedTime(started) < database.Options.BusyTimeout)
            {
                // somebody else shows or purges the same record
                await Database.DelayAsync(attempt, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<long> TryReplaceAsync(RecordId owner, string? prefix, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await ExecuteAsync("DELETE FROM mlops.shown_points WHERE record = $1", owner, cancellationToken).ConfigureAwait(false);
            var shown = prefix is null ? 0 : await CopyAsync(owner, prefix, cancellationToken).ConfigureAwait(false);

            // last, so that those who write to the record do not wait; a purge that comes now finds these points
            if (await ExecuteAsync("SELECT 1 FROM mlops.records WHERE id = $1 AND NOT purged FOR UPDATE", owner, cancellationToken).ConfigureAwait(false) is null)
                throw new NotFoundException($"Record {owner} does not exist or was purged; there are no points to show.");
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return shown;
        }
    }

    private async Task<object?> ExecuteAsync(string sql, RecordId owner, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(database.Sql(sql), connection) { CommandTimeout = 0 };
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Add(Args.Of(owner));
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<long> CopyAsync(RecordId owner, string prefix, CancellationToken cancellationToken)
    {
        long shown = 0;
        var all = await SeriesList.ReadAsync(database, connection, [owner], cancellationToken).ConfigureAwait(false);
        foreach (var series in all.Where(s => s.Type == SeriesType.Number && s.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            await database.Names.LoadAsync(database, connection, [series.Name], cancellationToken).ConfigureAwait(false);
            var reader = await SeriesReader.OpenAsync(database, connection, owner, series.Name, new SeriesRange(), cancellationToken).ConfigureAwait(false);
            long ord = 0;
            while (await reader.NextAsync(connection, cancellationToken).ConfigureAwait(false) is { Count: > 0 } pieces)
                ord = await CopyAsync(series, pieces, ord, cancellationToken).ConfigureAwait(false);
            if (reader.ReadTail() is { } tail)
                ord = await CopyAsync(series, [tail], ord, cancellationToken).ConfigureAwait(false);
            shown += ord;
        }

        return shown;
    }

    private async Task<long> CopyAsync(SeriesInfo series, List<SeriesColumns> pieces, long ord, CancellationToken cancellationToken)
    {
        var (owner, name) = (series.Owner.ToGuid(), database.Names[series.Name]);
        var import = await connection.BeginBinaryImportAsync(database.Sql(Copy), cancellationToken).ConfigureAwait(false);
        await using (import.ConfigureAwait(false))
        {
            foreach (var points in pieces)
            {
                for (var i = 0; i < points.Count; i++)
                {
                    await import.StartRowAsync(cancellationToken).ConfigureAwait(false);
                    await import.WriteAsync(owner, NpgsqlDbType.Uuid, cancellationToken).ConfigureAwait(false);
                    await import.WriteAsync(name, NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
                    await import.WriteAsync(ord++, NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
                    await import.WriteAsync(points.Steps.Span[i], NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
                    await import.WriteAsync(points.Times.Span[i], NpgsqlDbType.Bigint, cancellationToken).ConfigureAwait(false);
                    await import.WriteAsync(points.Numbers.Span[i], NpgsqlDbType.Double, cancellationToken).ConfigureAwait(false);
                }
            }

            await import.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }

        return ord;
    }
}
