using System.Text.Json.Nodes;
using Mlops.Metadata;

namespace Mlops.MLflow;

/// <summary>The rows of an <c>mlflow.db</c> that are kept as they are, and a count of those of tables that have no place here.</summary>
internal sealed class SqlRecords(SqlFile file, Tally tally)
{
    // what is read elsewhere, and what follows from other tables
    private static readonly HashSet<string> NotRecords = new(
        ["experiments", "experiment_tags", "runs", "params", "tags", "metrics", "latest_metrics", "alembic_version", "workspaces"], StringComparer.OrdinalIgnoreCase);

    private readonly HashSet<string> _read = new(NotRecords, StringComparer.OrdinalIgnoreCase);

    /// <summary>A name that MLflow keeps apart by workspaces, with that of its own in front.</summary>
    public static string InWorkspace(SqlRow row, string name) => row.Text("workspace") is { } workspace and not "default" ? $"{workspace}/{name}" : name;

    public IEnumerable<SourceRecord> Read()
    {
        Dictionary<string, string?> created = new(StringComparer.Ordinal);
        foreach (var (key, row, body) in Table(
            "registered_models", ["name"], ("tags", "registered_model_tags", "key", "value"), ("aliases", "registered_model_aliases", "alias", "version")))
        {
            created[key] = row.Text("creation_time");
            yield return Record("mlflow-model", "registered_models", key, null, body) with { Model = key, ModelCreated = created[key] };
        }

        foreach (var (key, row, body) in Table("model_versions", ["name", "version"], ("tags", "model_version_tags", "key", "value")))
        {
            var model = InWorkspace(row, row.Text("name") ?? "");
            var version = Record("mlflow-model-version", "model_versions", key, row.Text("run_id"), body);
            yield return version with { Model = model, ModelCreated = created.GetValueOrDefault(model) };
        }

        foreach (var (key, _, body) in Table("datasets", ["dataset_uuid"]))
            yield return Record("mlflow-dataset", "datasets", key, null, body);
        foreach (var (key, row, body) in Table("inputs", ["input_uuid"], ("tags", "input_tags", "name", "value")))
            yield return Record("mlflow-input", "inputs", key, MlflowText.RunOfLink(row.Text), body);
        foreach (var (key, row, body) in Table(
            "logged_models",
            ["model_id"],
            ("params", "logged_model_params", "param_key", "param_value"),
            ("tags", "logged_model_tags", "tag_key", "tag_value"),
            ("metrics", "logged_model_metrics", "metric_name", null)))
        {
            var record = Record("mlflow-logged-model", "logged_models", key, row.Text("source_run_id"), body);
            yield return record.Run is { } run
                ? record with { Files = SourceFiles.OfModel(run, key, row.Text("artifact_location"), beside: null, record.Place) }
                : record;
        }

        foreach (var table in file.Tables.Except(_read, StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal))
        {
            if (file.Count(table) is > 0 and var rows)
                tally.Refuse(tally.Records, $"table {table}", "The rows have no place here; they were not taken.", rows);
        }
    }

    private static SourceRecord Record(string kind, string table, string key, string? run, JsonObject body) =>
        new(kind, key, RunId.TryParse(run, null, out var id) ? id : null, body, $"{table}, {key}");

    /// <summary>The rows of a table, each with those of other tables that have the same key: as names and values, or whole where no value column is named.</summary>
    private IEnumerable<(string Key, SqlRow Row, JsonObject Body)> Table(
        string table, string[] keys, params (string Name, string Table, string Key, string? Value)[] attachments)
    {
        _read.Add(table);
        if (!file.Has(table))
            yield break;
        var attached = attachments.Where(a => file.Has(a.Table))
            .Select(a => (a.Name, a.Key, a.Value, Rows: file.Rows(a.Table).ToLookup(KeyOf, StringComparer.Ordinal))).ToList();
        _read.UnionWith(attachments.Select(a => a.Table));
        foreach (var row in file.Rows(table))
        {
            var (key, body) = (KeyOf(row), row.ToJson());
            foreach (var (name, by, value, rows) in attached)
            {
                var ordered = rows[key].OrderBy(r => r.Text(by), StringComparer.Ordinal);
                body[name] = value is null
                    ? new JsonArray([.. ordered.Select(r => r.ToJson())])
                    : new JsonObject(ordered.DistinctBy(r => r.Text(by)).Select(r => KeyValuePair.Create<string, JsonNode?>(r.Text(by) ?? "", r.Text(value))));
            }

            yield return (key, row, body);
        }

        string KeyOf(SqlRow row) => InWorkspace(row, string.Join('/', keys.Select(row.Text)));
    }
}
