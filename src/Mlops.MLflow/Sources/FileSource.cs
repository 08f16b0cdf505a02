using System.Globalization;
using System.Text.Json.Nodes;
using Mlops.Metadata;

namespace Mlops.MLflow;

/// <summary>An <c>mlruns</c> folder. A link inside it is reported and not followed.</summary>
internal sealed class FileSource(string root, Tally tally) : IMlflowSource
{
    private const string Meta = "meta.yaml";
    private static readonly string[] NotExperiments = [".trash", "models"];
    private static readonly string[] NotTaken = ["datasets", "models", "traces", "inputs", "outputs"];

    public string BaseFolder => Path.GetDirectoryName(root) ?? root;

    /// <summary>Whether the folder has what an <c>mlruns</c> folder has.</summary>
    public static bool IsStore(string folder) =>
        Directory.Exists(Path.Combine(folder, ".trash")) || Directory.EnumerateDirectories(folder).Any(d => File.Exists(Path.Combine(d, Meta)));

    public IEnumerable<SourceExperiment> Experiments()
    {
        foreach (var (folder, isTrash) in ExperimentFolders())
        {
            if (TryMeta(folder, tally.Experiments) is not { } meta)
                continue;
            var id = Path.GetFileName(folder);
            yield return new SourceExperiment(
                id,
                meta.GetValueOrDefault("name") ?? id,
                isTrash || meta.GetValueOrDefault("lifecycle_stage") == "deleted",
                meta.GetValueOrDefault("artifact_location"),
                Texts(Path.Combine(folder, "tags"), new Tally.Counter()),
                folder);
        }
    }

    public IEnumerable<SourceRun> Runs()
    {
        foreach (var (experiment, isTrash) in ExperimentFolders())
        {
            foreach (var folder in Folders(experiment))
            {
                var name = Path.GetFileName(folder);
                if (name == "tags")
                    continue;
                if (NotTaken.Contains(name))
                    tally.Report(folder, $"The folder '{name}' holds what has no place here yet; it was not taken.");
                else if (!RunId.TryParse(name, null, out var id))
                    tally.Report(folder, "The folder is not one of a run: its name is not 32 hexadecimal digits.");
                else if (TryMeta(folder, tally.Runs) is { } meta)
                    yield return Read(id, Path.GetFileName(experiment), folder, meta, isTrash);
            }
        }
    }

    public IEnumerable<SourcePoint> Points(SourceRun run)
    {
        var folder = Path.Combine(run.Folder!, "metrics");
        foreach (var file in Files(folder))
        {
            var key = Key(folder, file);
            if (Open(file, tally.Points) is not { } reader)
                continue;
            using (reader)
            {
                for (var number = 1; reader.ReadLine() is { } line; number++)
                {
                    if (line.Length == 0)
                        continue;
                    var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    var step = 0L;
                    if (parts.Length >= 2
                        && long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time)
                        && MlflowText.TryNumber(parts[1], out var value)
                        && (parts.Length == 2 || long.TryParse(parts[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out step)))
                    {
                        yield return new SourcePoint(key, step, time, value);
                    }
                    else
                    {
                        tally.Refuse(tally.Points, $"{file}:{number}", "The line is not 'timestamp value step'.");
                    }
                }
            }
        }
    }

    public IEnumerable<SourceRecord> Records()
    {
        var models = Path.Combine(root, "models");
        foreach (var model in Directory.Exists(models) ? Folders(models) : [])
        {
            if (TryMeta(model, tally.Records) is not { } meta)
                continue;
            var name = Path.GetFileName(model);
            var body = Body(meta, model);
            body["aliases"] = Json(Texts(Path.Combine(model, "aliases"), tally.Records));
            yield return new SourceRecord("mlflow-model", name, null, body, model);
            foreach (var version in Folders(model).Where(v => Path.GetFileName(v).StartsWith("version-", StringComparison.Ordinal)))
            {
                if (TryMeta(version, tally.Records) is not { } of)
                    continue;
                var run = RunId.TryParse(of.GetValueOrDefault("run_id"), null, out var id) ? id : (RunId?)null;
                yield return new SourceRecord(
                    "mlflow-model-version", $"{name}/{Path.GetFileName(version)["version-".Length..]}", run, Body(of, version), version);
            }
        }
    }

    public void Dispose()
    {
    }

    private static string Key(string folder, string file) => Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/');

    private static JsonObject Json(IEnumerable<KeyValuePair<string, string>> texts)
    {
        var json = new JsonObject();
        foreach (var (key, value) in texts.OrderBy(t => t.Key, StringComparer.Ordinal))
            json[key] = value;
        return json;
    }

    private JsonObject Body(IReadOnlyDictionary<string, string?> meta, string folder)
    {
        var body = new JsonObject();
        foreach (var (key, value) in meta.OrderBy(m => m.Key, StringComparer.Ordinal))
            body[key] = value;
        body["tags"] = Json(Texts(Path.Combine(folder, "tags"), tally.Records));
        return body;
    }

    private SourceRun Read(RunId id, string experiment, string folder, IReadOnlyDictionary<string, string?> meta, bool isTrash)
    {
        var tags = Texts(Path.Combine(folder, "tags"), tally.Tags);
        foreach (var (field, key) in new[] { ("user_id", "mlflow.user"), ("source_name", "mlflow.source.name"), ("source_version", "mlflow.source.git.commit") })
        {
            if (meta.GetValueOrDefault(field) is { Length: > 0 } value)
                tags.TryAdd(key, value);
        }

        if (MlflowText.Status(meta.GetValueOrDefault("status")) is not { } status)
        {
            tally.Report(folder, $"The status '{meta.GetValueOrDefault("status")}' is not one of MLflow; the run is taken as failed.");
            status = RunStatus.Failed;
        }

        return new SourceRun
        {
            Id = id,
            ExperimentId = experiment,
            Name = MlflowText.RunName(meta.GetValueOrDefault("run_name") ?? meta.GetValueOrDefault("name"), tags, id),
            Status = status,
            Start = MlflowText.Time(meta.GetValueOrDefault("start_time")),
            End = MlflowText.Time(meta.GetValueOrDefault("end_time")),
            IsDeleted = isTrash || meta.GetValueOrDefault("lifecycle_stage") == "deleted",
            ArtifactUri = meta.GetValueOrDefault("artifact_uri"),
            Params = Texts(Path.Combine(folder, "params"), tally.Params),
            Tags = tags,
            Place = folder,
            Folder = folder,
        };
    }

    private IEnumerable<(string Folder, bool IsTrash)> ExperimentFolders()
    {
        foreach (var folder in Folders(root).Where(f => !NotExperiments.Contains(Path.GetFileName(f))))
            yield return (folder, false);
        var trash = Path.Combine(root, ".trash");
        foreach (var folder in Directory.Exists(trash) ? Folders(trash) : [])
            yield return (folder, true);
    }

    private IReadOnlyDictionary<string, string?>? TryMeta(string folder, Tally.Counter kind)
    {
        var file = Path.Combine(folder, Meta);
        try
        {
            return new FileInfo(file).LinkTarget is null ? MetaYaml.Read(file) : throw new InvalidDataException("is a link, which is not followed");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            tally.Refuse(kind, file, e is InvalidDataException ? $"The file {e.Message}." : $"The file cannot be read: {e.Message}");
            return null;
        }
    }

    private Dictionary<string, string> Texts(string folder, Tally.Counter kind)
    {
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        foreach (var file in Files(folder))
        {
            if (Open(file, kind) is not { } reader)
                continue;
            using (reader)
                texts[Key(folder, file)] = reader.ReadToEnd();
        }

        return texts;
    }

    private StreamReader? Open(string file, Tally.Counter kind)
    {
        try
        {
            return new StreamReader(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            tally.Refuse(kind, file, $"The file cannot be read: {e.Message}");
            return null;
        }
    }

    private List<string> Folders(string folder) => SourceFolder.Folders(folder, tally);

    private IEnumerable<string> Files(string folder) => SourceFolder.FilesBelow(folder, tally);
}
