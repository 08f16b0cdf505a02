using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Mlops.Metadata;

namespace Mlops.MLflow;

/// <summary>An <c>mlflow.db</c> of any schema since 1.0, read as one state through one transaction.</summary>
internal sealed class SqlSource : IMlflowSource
{
    private readonly SqlFile _file;
    private readonly Tally _tally;
    private readonly Lazy<SqliteCommand> _points;
    private readonly Lazy<SqliteCommand?> _params;
    private readonly Lazy<SqliteCommand?> _tags;

    public SqlSource(SqlFile file, string baseFolder, Tally tally)
    {
        _file = file;
        _tally = tally;
        BaseFolder = baseFolder;

        // rows keep the order in which they were logged; new ones come behind, so that an import can go on from a count
        _points = new(() => Prepared(
            $"SELECT key, value, timestamp, {_file.Column("metrics", "step", "0")}, {_file.Column("metrics", "is_nan", "0")} FROM metrics WHERE run_uuid = $owner ORDER BY rowid"));
        _params = new(() => file.Has("params") ? Prepared("SELECT key, value FROM params WHERE run_uuid = $owner") : null);
        _tags = new(() => file.Has("tags") ? Prepared("SELECT key, value FROM tags WHERE run_uuid = $owner") : null);
    }

    public string BaseFolder { get; }

    public IEnumerable<SourceExperiment> Experiments()
    {
        using var tags = _file.Has("experiment_tags") ? Prepared("SELECT key, value FROM experiment_tags WHERE experiment_id = $owner") : null;
        foreach (var row in _file.Rows("experiments"))
        {
            var id = row.Text("experiment_id") ?? "";
            yield return new SourceExperiment(
                id, row.Text("name") ?? "", row.Text("lifecycle_stage") == "deleted", row.Text("artifact_location"), Pairs(tags, id), $"experiments, {id}");
        }
    }

    public IEnumerable<SourceRun> Runs()
    {
        foreach (var row in _file.Rows("runs"))
        {
            var text = row.Text("run_uuid");
            var place = $"runs, {text}";
            if (!RunId.TryParse(text, null, out var id))
            {
                _tally.Refuse(_tally.Runs, place, "The id is not 32 hexadecimal digits.");
                continue;
            }

            var tags = Pairs(_tags.Value, text);
            foreach (var (column, key) in new[] { ("user_id", "mlflow.user"), ("source_name", "mlflow.source.name"), ("source_version", "mlflow.source.git.commit") })
            {
                if (row.Text(column) is { Length: > 0 } value)
                    tags.TryAdd(key, value);
            }

            if (MlflowText.Status(row.Text("status")) is not { } status)
            {
                _tally.Report(place, $"The status '{row.Text("status")}' is not one of MLflow; the run is taken as failed.");
                status = RunStatus.Failed;
            }

            yield return new SourceRun
            {
                Id = id,
                ExperimentId = row.Text("experiment_id") ?? "",
                Name = MlflowText.RunName(row.Text("name"), tags, id),
                Status = status,
                Start = MlflowText.Time(row.Text("start_time")),
                End = MlflowText.Time(row.Text("end_time")),
                IsDeleted = row.Text("lifecycle_stage") == "deleted",
                ArtifactUri = row.Text("artifact_uri"),
                Params = Pairs(_params.Value, text),
                Tags = tags,
                Place = place,
            };
        }
    }

    public IEnumerable<SourcePoint> Points(SourceRun run)
    {
        if (!_file.Has("metrics"))
            yield break;
        var command = _points.Value;
        command.Parameters[0].Value = run.Id.ToString();
        using var reader = command.ExecuteReader();
        string? last = null;
        while (reader.Read())
        {
            var key = reader.GetString(0);
            last = key == last ? last : key; // one string for neighbours
            yield return new SourcePoint(last!, reader.GetInt64(3), reader.GetInt64(2), Value(reader));
        }
    }

    public IEnumerable<SourceRecord> Records()
    {
        foreach (var (kind, table, keys) in new[]
        {
            ("mlflow-model", "registered_models", new[] { "name" }),
            ("mlflow-model-version", "model_versions", ["name", "version"]),
            ("mlflow-dataset", "datasets", ["dataset_uuid"]),
            ("mlflow-input", "inputs", ["input_uuid"]),
        })
        {
            foreach (var row in _file.Has(table) ? _file.Rows(table) : [])
            {
                var key = string.Join('/', keys.Select(k => row.Text(k)));
                var body = row.ToJson();
                if (kind == "mlflow-model")
                {
                    Attach(body, "tags", "registered_model_tags", "key", "value", row, keys);
                    Attach(body, "aliases", "registered_model_aliases", "alias", "version", row, keys);
                }
                else if (kind == "mlflow-model-version")
                {
                    Attach(body, "tags", "model_version_tags", "key", "value", row, keys);
                }
                else if (kind == "mlflow-input")
                {
                    Attach(body, "tags", "input_tags", "name", "value", row, keys);
                }

                var run = RunId.TryParse(row.Text("run_id") ?? row.Text("destination_id"), null, out var id) ? id : (RunId?)null;
                yield return new SourceRecord(kind, key, run, body, $"{table}, {key}");
            }
        }
    }

    public void Dispose() => _file.Dispose();

    private static double Value(SqliteDataReader reader)
    {
        if (reader.IsDBNull(1) || reader.GetBoolean(4))
            return double.NaN;

        // MLflow writes an infinity as the largest number
        return reader.GetDouble(1) switch
        {
            double.MaxValue => double.PositiveInfinity,
            double.MinValue => double.NegativeInfinity,
            var value => value,
        };
    }

    private static Dictionary<string, string> Pairs(SqliteCommand? command, string owner)
    {
        Dictionary<string, string> pairs = new(StringComparer.Ordinal);
        if (command is null)
            return pairs;
        command.Parameters[0].Value = owner;
        using var reader = command.ExecuteReader();
        while (reader.Read())
            pairs[reader.GetString(0)] = reader.IsDBNull(1) ? "" : reader.GetString(1);
        return pairs;
    }

    private void Attach(JsonObject body, string name, string table, string key, string value, SqlRow owner, string[] keys)
    {
        if (!_file.Has(table))
            return;
        var attached = new JsonObject();
        foreach (var row in _file.Rows(table).Where(r => keys.All(k => r.Text(k) == owner.Text(k))).OrderBy(r => r.Text(key), StringComparer.Ordinal))
            attached[row.Text(key) ?? ""] = row.Text(value);
        body[name] = attached;
    }

    private SqliteCommand Prepared(string sql) => _file.Prepare(sql);
}
