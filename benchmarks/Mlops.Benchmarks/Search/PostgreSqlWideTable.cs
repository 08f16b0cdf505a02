using Npgsql;
using NpgsqlTypes;

namespace Mlops.Benchmarks.Search;

/// <summary>The wide table in PostgreSQL, vacuumed and analysed.</summary>
internal sealed class PostgreSqlWideTable : IWideTable
{
    private readonly NpgsqlConnection _connection;
    private readonly Dictionary<string, NpgsqlCommand> _commands = [];

    private PostgreSqlWideTable(NpgsqlConnection connection) => _connection = connection;

    public static async Task<PostgreSqlWideTable> CreateAsync(string connectionString, IEnumerable<SearchRun> runs)
    {
        // the user has the name of the store's schema, which would come first
        var connection = new NpgsqlConnection(connectionString + ";Search Path=public");
        await connection.OpenAsync();
        var columns = SearchData.Metrics.Select(m => m + " double precision").Concat(SearchData.Params.Select(p => p + " text"));
        await ExecuteAsync(connection, $"CREATE TABLE runs (id uuid PRIMARY KEY, start bigint, {string.Join(", ", columns)})");
        await using (var import = await connection.BeginBinaryImportAsync("COPY runs FROM STDIN (FORMAT BINARY)"))
        {
            foreach (var run in runs)
            {
                await import.StartRowAsync();
                await import.WriteAsync(Guid.Parse(run.Id.ToString()), NpgsqlDbType.Uuid);
                await import.WriteAsync(run.Start.UtcTicks / 10, NpgsqlDbType.Bigint);
                foreach (var metric in run.Metrics)
                    await import.WriteAsync(metric, NpgsqlDbType.Double);
                foreach (var param in run.Params)
                    await import.WriteAsync(param, NpgsqlDbType.Text);
            }

            await import.CompleteAsync();
        }

        foreach (var column in new[] { "start", "rmse", "model", "note" })
            await ExecuteAsync(connection, $"CREATE INDEX by_{column} ON runs ({column})");

        // what a server does by itself within a minute, to the tables of the store too
        await ExecuteAsync(connection, "VACUUM ANALYZE");
        await ExecuteAsync(connection, "CHECKPOINT");
        return new PostgreSqlWideTable(connection);
    }

    public async Task<int> QueryAsync(string sql, double x)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = new NpgsqlCommand(sql.Replace("$x", "$1", StringComparison.Ordinal), _connection);
            command.Parameters.Add(new NpgsqlParameter<double>());
            _commands.Add(sql, command);
            ((NpgsqlParameter<double>)command.Parameters[0]).TypedValue = x;
            await command.PrepareAsync();
        }

        ((NpgsqlParameter<double>)command.Parameters[0]).TypedValue = x;
        await using var rows = await command.ExecuteReaderAsync();
        var count = 0;
        for (; await rows.ReadAsync(); count++)
        {
            for (var i = 0; i < rows.FieldCount; i++)
                rows.GetValue(i);
        }

        return count;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var command in _commands.Values)
            await command.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }
}
