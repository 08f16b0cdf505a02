using Mlops.Metadata;
using SQLitePCL;

namespace Mlops.MLflow;

/// <summary>An <c>mlflow.db</c> of any schema since 0.9, read as one state through one transaction.</summary>
internal sealed class SqlSource : IMlflowSource
{
    private readonly SqlFile _file;
    private readonly Tally _tally;
    private readonly OwnedRows _points;
    private readonly OwnedRows _params;
    private readonly OwnedRows _tags;

    private SqlSource(SqlFile file, string baseFolder, Tally tally)
    {
        _file = file;
        _tally = tally;
        BaseFolder = baseFolder;
        _points = new(file, "metrics", $"key, value, timestamp, {file.Column("metrics", "step", "0")}, {file.Column("metrics", "is_nan", "0")}", tally.Points, tally);
        _params = new(file, "params", "key, value", tally.Params, tally);
        _tags = new(file, "tags", "key, value", tally.Tags, tally);
    }

    public string BaseFolder { get; }

    public static SqlSource Open(string path, Tally tally)
    {
        var file = SqlFile.Open(path);
        try
        {
            return new SqlSource(file, Path.GetDirectoryName(path)!, tally);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public IEnumerable<SourceExperiment> Experiments()
    {
        var tags = _file.Has("experiment_tags") ? _file.Rows("experiment_tags").ToLookup(r => r.Text("experiment_id")) : null;
        foreach (var row in _file.Rows("experiments"))
        {
            var id = row.Text("experiment_id") ?? "";
            Dictionary<string, string> own = new(StringComparer.Ordinal);
            foreach (var tag in tags?[id] ?? [])
                own[tag.Text("key") ?? ""] = tag.Text("value") ?? "";
            yield return new SourceExperiment(
                id, SqlRecords.InWorkspace(row, row.Text("name") ?? ""), row.Text("lifecycle_stage") == "deleted", row.Text("artifact_location"), own, $"experiments, {id}");
        }
    }

    public IEnumerable<SourceRun> Runs()
    {
        foreach (var row in _file.Rows("runs", "run_uuid"))
        {
            var text = row.Text("run_uuid") ?? "";
            var place = $"runs, {text}";
            if (RunId.TryParse(text, null, out var id))
                yield return SourceRun.Read(id, text, row.Text("experiment_id") ?? "", row.Text, _params.Pairs(text, place), _tags.Pairs(text, place), place, _tally);
            else
                _tally.Refuse(_tally.Runs, place, "The id is not 32 hexadecimal digits.");
        }

        _points.Finish();
        _params.Finish();
        _tags.Finish();
    }

    public IEnumerable<SourcePoint> Points(SourceRun run)
    {
        foreach (var row in _points.Of(run.Text))
        {
            var key = OwnedRows.Text(row, 1);
            var value = raw.sqlite3_column_type(row, 2);
            if (key is not null && value is raw.SQLITE_FLOAT or raw.SQLITE_INTEGER or raw.SQLITE_NULL && IsWhole(3) && IsWhole(4) && IsWhole(5))
                yield return new SourcePoint(key!, raw.sqlite3_column_int64(row, 4), raw.sqlite3_column_int64(row, 3), Value(row, value));
            else
                _tally.Refuse(_tally.Points, $"metrics, {run.Id}, '{key}'", "A row has no key, a value that is no number, or a time or step that is no whole number.");

            bool IsWhole(int column) => raw.sqlite3_column_type(row, column) == raw.SQLITE_INTEGER;
        }
    }

    public IEnumerable<SourceRecord> Records() => new SqlRecords(_file, _tally).Read();

    public void Dispose()
    {
        _points.Dispose();
        _params.Dispose();
        _tags.Dispose();
        _file.Dispose();
    }

    private static double Value(sqlite3_stmt row, int type)
    {
        if (type == raw.SQLITE_NULL || raw.sqlite3_column_int(row, 5) != 0)
            return double.NaN;

        // MLflow writes an infinity as the largest number
        return raw.sqlite3_column_double(row, 2) switch
        {
            double.MaxValue => double.PositiveInfinity,
            double.MinValue => double.NegativeInfinity,
            var value => value,
        };
    }
}
