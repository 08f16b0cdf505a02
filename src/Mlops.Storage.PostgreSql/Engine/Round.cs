using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Statements that go to the server together and come back together: one round trip, made once. In the SQL <c>mlops.</c> stands
/// for the schema of the store.
/// </summary>
internal sealed class Round(Database database, NpgsqlConnection connection)
{
    // one statement sees one state, and so do all of a read
    private const string Begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

    private readonly List<NpgsqlBatchCommand> _commands = [];
    private int _seconds = database.CommandSeconds;

    /// <summary>A round that begins a transaction for reading.</summary>
    public static Round OfReading(Database database, NpgsqlConnection connection) => new Round(database, connection).BeginReading();

    /// <summary>Begins a transaction for reading.</summary>
    public Round BeginReading() => Add(Begin);

    /// <summary>Lets the statements take as long as they need.</summary>
    public Round Unhurried()
    {
        _seconds = 0;
        return this;
    }

    public Round Add(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(database.Sql(sql));
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        _commands.Add(command);
        return this;
    }

    /// <summary>Ends the transaction with this round.</summary>
    public Round Commit() => Add("COMMIT");

    /// <summary>Makes the round trip and shows the rows of each statement that has some to the reader in its place.</summary>
    public Task ReadRowsAsync(CancellationToken cancellationToken, params IReadOnlyList<Action<NpgsqlDataReader>> readers) => ReadAsync(
        async rows =>
        {
            foreach (var read in readers)
            {
                while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                    read(rows);
                await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
            }

            return true;
        },
        cancellationToken);

    /// <summary>Makes the round trip and reads what came back.</summary>
    public async Task<T> ReadAsync<T>(Func<NpgsqlDataReader, Task<T>> read, CancellationToken cancellationToken)
    {
        var batch = ToBatch();
        await using (batch.ConfigureAwait(false))
        {
            var rows = await SendAsync(batch.ExecuteReaderAsync(cancellationToken)).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
                return await read(rows).ConfigureAwait(false);
        }
    }

    /// <summary>Makes the round trip.</summary>
    public async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        var batch = ToBatch();
        await using (batch.ConfigureAwait(false))
            await SendAsync(batch.ExecuteNonQueryAsync(cancellationToken)).ConfigureAwait(false);
    }

    private NpgsqlBatch ToBatch()
    {
        var batch = new NpgsqlBatch(connection) { Timeout = _seconds };
        foreach (var command in _commands)
            batch.BatchCommands.Add(command);
        return batch;
    }

    private async Task<T> SendAsync<T>(Task<T> sent)
    {
        try
        {
            return await sent.ConfigureAwait(false);
        }
        catch (InvalidOperationException e) when (Database.IsBroken(connection))
        {
            throw new IOException("The connection broke between two round trips.", e);
        }
    }
}
