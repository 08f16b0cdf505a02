using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Statements that go to the server together and come back together: one round trip. In the SQL <c>mlops.</c> stands for the
/// schema of the store.
/// </summary>
internal sealed class Round(Database database, NpgsqlConnection connection) : IAsyncDisposable
{
    // one statement sees one state, and so do all of a read
    private const string Begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

    private readonly NpgsqlBatch _batch = new(connection) { Timeout = database.CommandSeconds };

    /// <summary>A round that begins a transaction for reading.</summary>
    public static Round OfReading(Database database, NpgsqlConnection connection) => new Round(database, connection).BeginReading();

    /// <summary>Begins a transaction for reading.</summary>
    public Round BeginReading() => Add(Begin);

    /// <summary>Lets the statements take as long as they need.</summary>
    public Round Unhurried()
    {
        _batch.Timeout = 0;
        return this;
    }

    public Round Add(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(database.Sql(sql));
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        _batch.BatchCommands.Add(command);
        return this;
    }

    /// <summary>Ends the transaction with this round.</summary>
    public Round Commit() => Add("COMMIT");

    public async Task<NpgsqlDataReader> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidOperationException e) when (Database.IsBroken(connection))
        {
            throw Broken(e);
        }
    }

    public async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidOperationException e) when (Database.IsBroken(connection))
        {
            throw Broken(e);
        }
    }

    public ValueTask DisposeAsync() => _batch.DisposeAsync();

    private static IOException Broken(InvalidOperationException cause) => new("The connection broke between two round trips.", cause);
}
