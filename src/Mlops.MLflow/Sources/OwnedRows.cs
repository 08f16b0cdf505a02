using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Mlops.MLflow;

/// <summary>
/// The rows of a table that belong to runs, read once beside the runs in their order, so that no schema, whatever its indexes,
/// costs a scan for each run. Those of runs that nobody asks for are counted as refused.
/// </summary>
internal sealed class OwnedRows : IDisposable
{
    private readonly string _table;
    private readonly Tally.Counter _counter;
    private readonly Tally _tally;
    private readonly SqliteCommand _command;
    private readonly SqliteDataReader _reader;
    private readonly sqlite3_stmt _row;
    private string? _owner;
    private bool _has;

    /// <param name="file">The database.</param>
    /// <param name="table">The table, which may be missing.</param>
    /// <param name="columns">What is read of it, behind the owner in column 0.</param>
    /// <param name="counter">What its rows count as.</param>
    /// <param name="tally">Where they are counted.</param>
    public OwnedRows(SqlFile file, string table, string columns, Tally.Counter counter, Tally tally)
    {
        (_table, _counter, _tally) = (table, counter, tally);

        // rows keep the order in which they were logged; new ones come behind, so that an import can go on from a count
        _command = file.Prepare(file.Has(table) ? $"SELECT run_uuid, {columns} FROM {table} ORDER BY run_uuid, rowid" : "SELECT 1 WHERE 0");
        _reader = _command.ExecuteReader();
        _row = _reader.Handle!;
        Move();
    }

    /// <summary>The rows of a run. Runs are to be asked for in ascending order of their id as MLflow writes it.</summary>
    public IEnumerable<sqlite3_stmt> Of(string owner)
    {
        var order = 0;
        while (_has && (order = string.CompareOrdinal(_owner, owner)) < 0)
            Skip();
        while (_has && order == 0)
        {
            yield return _row;
            Move();
            order = string.CompareOrdinal(_owner, owner);
        }
    }

    /// <summary>Counts the rows behind the last run.</summary>
    public void Finish()
    {
        while (_has)
            Skip();
    }

    /// <summary>The rows of a run as pairs of key and value.</summary>
    public Dictionary<string, string> Pairs(string owner, string place)
    {
        Dictionary<string, string> pairs = new(StringComparer.Ordinal);
        foreach (var row in Of(owner))
        {
            if (Text(row, 1) is { } key)
                pairs[key] = Text(row, 2) ?? "";
            else
                _tally.Refuse(_counter, place, $"The table {_table} has a row without a key.");
        }

        return pairs;
    }

    public static string? Text(sqlite3_stmt row, int column) =>
        raw.sqlite3_column_type(row, column) == raw.SQLITE_NULL ? null : raw.sqlite3_column_text(row, column).utf8_to_string();

    public void Dispose()
    {
        _reader.Dispose();
        _command.Dispose();
    }

    private void Skip()
    {
        _tally.Refuse(_counter, $"{_table}, run {_owner}", "The rows are those of a run that is not there or could not be taken.");
        Move();
    }

    private void Move()
    {
        _has = _reader.Read();
        if (!_has)
            return;

        // most rows have the owner of the row before
        var bytes = raw.sqlite3_column_blob(_row, 0);
        if (_owner is null || bytes.Length != _owner.Length || !System.Text.Ascii.Equals(bytes, _owner))
            _owner = Text(_row, 0) ?? "";
    }
}
