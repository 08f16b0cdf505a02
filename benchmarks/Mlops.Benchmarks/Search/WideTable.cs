using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Mlops.Benchmarks.Search;

/// <summary>The wide table in SQLite.</summary>
internal sealed class WideTable : IWideTable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = [];

    public WideTable(string path, IEnumerable<SearchRun> runs)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        var columns = SearchData.Metrics.Select(m => m + " REAL").Concat(SearchData.Params.Select(p => p + " TEXT")).ToList();
        Execute($"PRAGMA cache_size = -262144; PRAGMA mmap_size = 1073741824; CREATE TABLE runs (id BLOB PRIMARY KEY, start INTEGER, {string.Join(", ", columns)})");
        using (var transaction = _connection.BeginTransaction())
        {
            using var insert = _connection.CreateCommand();
            insert.Transaction = transaction;
            var parameters = Enumerable.Range(0, columns.Count + 2)
                .Select(i => insert.Parameters.AddWithValue($"$p{i.ToString(CultureInfo.InvariantCulture)}", DBNull.Value)).ToList();
            insert.CommandText = $"INSERT INTO runs VALUES ({string.Join(", ", parameters.Select(p => p.ParameterName))})";
            foreach (var run in runs)
            {
                object[] values = [run.Id.ToString(), run.Start.UtcTicks / 10, .. run.Metrics.Select(m => (object)m), .. run.Params];
                for (var i = 0; i < values.Length; i++)
                    parameters[i].Value = values[i];
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        Execute("CREATE INDEX by_start ON runs (start); CREATE INDEX by_rmse ON runs (rmse); CREATE INDEX by_model ON runs (model); CREATE INDEX by_note ON runs (note); ANALYZE");
    }

    public Task<int> QueryAsync(string sql, double x)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            command.Parameters.Add("$x", SqliteType.Real);
            command.Prepare();
            _commands.Add(sql, command);
        }

        command.Parameters[0].Value = x;
        using var rows = command.ExecuteReader();
        var count = 0;
        for (; rows.Read(); count++)
        {
            for (var i = 0; i < rows.FieldCount; i++)
                rows.GetValue(i);
        }

        return Task.FromResult(count);
    }

    public ValueTask DisposeAsync()
    {
        foreach (var command in _commands.Values)
            command.Dispose();
        return _connection.DisposeAsync();
    }

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
