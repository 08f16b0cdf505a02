using System.Text.Json.Nodes;
using Mlops.Metadata;

namespace Mlops.MLflow;

/// <summary>What an <c>mlruns</c> folder has beside experiments and runs, kept as it is; what has no place here is counted.</summary>
internal sealed class FileRecords(string root, FileStore files, Tally tally)
{
    public const string Datasets = "datasets";
    public const string Models = "models";
    public const string Traces = "traces";
    public const string Inputs = "inputs";
    public const string Outputs = "outputs";

    public IEnumerable<SourceRecord> Read(IEnumerable<string> experiments)
    {
        foreach (var record in files.Folders(Path.Combine(root, Models)).SelectMany(Registered))
            yield return record;
        foreach (var experiment in experiments)
        {
            foreach (var record in Each(experiment, Datasets).Select(d => Record("mlflow-dataset", Path.GetFileName(d.Folder), null, d.Meta, d.Folder)))
                yield return record;
            foreach (var record in Each(experiment, Models).Select(m => Logged(m.Folder, m.Meta)))
                yield return record;
            if (files.Folders(Path.Combine(experiment, Traces)).Count is > 0 and var traces)
                tally.Refuse(tally.Records, Path.Combine(experiment, Traces), "Traces have no place here; they were not taken.", traces);
            foreach (var run in files.Folders(experiment).Where(f => RunId.TryParse(Path.GetFileName(f), null, out _)))
            {
                foreach (var (folder, meta) in Each(run, Inputs).Concat(Each(run, Outputs)))
                {
                    yield return Record(
                        "mlflow-input", $"{Path.GetFileName(run)}/{Path.GetFileName(folder)}", MlflowText.RunOfLink(f => meta.GetValueOrDefault(f)), meta, folder);
                }
            }
        }
    }

    private IEnumerable<SourceRecord> Registered(string model)
    {
        if (files.TryMeta(model, tally.Records) is not { } meta)
            yield break;
        var name = Path.GetFileName(model);
        var created = meta.GetValueOrDefault("creation_timestamp");
        var record = Record("mlflow-model", name, null, meta, model) with { Model = name, ModelCreated = created };
        Add(record.Body, model, "aliases");
        yield return record;
        foreach (var version in files.Folders(model).Where(v => Path.GetFileName(v).StartsWith("version-", StringComparison.Ordinal)))
        {
            if (files.TryMeta(version, tally.Records) is not { } of)
                continue;
            var key = $"{name}/{Path.GetFileName(version)["version-".Length..]}";
            yield return Record("mlflow-model-version", key, of.GetValueOrDefault("run_id"), of, version) with { Model = name, ModelCreated = created };
        }
    }

    private SourceRecord Logged(string folder, IReadOnlyDictionary<string, string?> meta)
    {
        var id = Path.GetFileName(folder);
        var record = Record("mlflow-logged-model", id, meta.GetValueOrDefault("source_run_id"), meta, folder);
        Add(record.Body, folder, "params");
        Add(record.Body, folder, "metrics");
        return record.Run is { } run
            ? record with { Files = SourceFiles.OfModel(run, id, meta.GetValueOrDefault("artifact_location"), Path.Combine(folder, "artifacts"), folder) }
            : record;
    }

    private IEnumerable<(string Folder, IReadOnlyDictionary<string, string?> Meta)> Each(string owner, string kind)
    {
        foreach (var folder in files.Folders(Path.Combine(owner, kind)))
        {
            if (files.TryMeta(folder, tally.Records) is { } meta)
                yield return (folder, meta);
        }
    }

    private SourceRecord Record(string kind, string key, string? run, IReadOnlyDictionary<string, string?> meta, string folder)
    {
        var body = new JsonObject();
        foreach (var (name, value) in meta.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            // what was in a mapping goes back into one
            var dot = name.IndexOf('.', StringComparison.Ordinal);
            if (dot < 0)
                body[name] = value;
            else
                Mapping(body, name[..dot])[name[(dot + 1)..]] = value;
        }

        Add(body, folder, "tags");
        return new SourceRecord(kind, key, RunId.TryParse(run, null, out var id) ? id : null, body, folder);
    }

    private void Add(JsonObject body, string folder, string name)
    {
        var json = Mapping(body, name);
        foreach (var (key, value) in files.Texts(Path.Combine(folder, name), tally.Records).OrderBy(t => t.Key, StringComparer.Ordinal))
            json[key] = value;
    }

    private static JsonObject Mapping(JsonObject body, string name)
    {
        if (body[name] is not JsonObject json)
            body[name] = json = [];
        return json;
    }
}
