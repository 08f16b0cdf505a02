using System.Globalization;
using Mlops.Metadata;

namespace Mlops.MLflow;

/// <summary>An <c>mlruns</c> folder.</summary>
internal sealed class FileSource(string root, Tally tally) : IMlflowSource
{
    private static readonly string[] OfExperiment = ["tags", FileRecords.Datasets, FileRecords.Models, FileRecords.Traces];
    private static readonly string[] OfRun = ["artifacts", "metrics", "params", "tags", FileRecords.Inputs, FileRecords.Outputs];
    private readonly FileStore _files = new(tally);

    public string BaseFolder => Path.GetDirectoryName(root) ?? root;

    public IEnumerable<SourceExperiment> Experiments()
    {
        foreach (var (folder, isTrash) in ExperimentFolders())
        {
            if (_files.TryMeta(folder, tally.Experiments) is not { } meta)
                continue;
            var id = Path.GetFileName(folder);
            yield return new SourceExperiment(
                id,
                meta.GetValueOrDefault("name") ?? id,
                isTrash || meta.GetValueOrDefault("lifecycle_stage") == "deleted",
                meta.GetValueOrDefault("artifact_location"),
                _files.Texts(Path.Combine(folder, "tags"), new Tally.Counter()),
                folder);
        }
    }

    public IEnumerable<SourceRun> Runs()
    {
        foreach (var (experiment, isTrash) in ExperimentFolders())
        {
            foreach (var folder in _files.Folders(experiment))
            {
                var name = Path.GetFileName(folder);
                if (OfExperiment.Contains(name))
                    continue;
                if (!RunId.TryParse(name, null, out var id))
                    tally.Report(folder, "The folder is not one of a run: its name is not 32 hexadecimal digits.");
                else if (_files.TryMeta(folder, tally.Runs) is { } meta)
                    yield return Read(id, Path.GetFileName(experiment), folder, meta, isTrash);
            }
        }
    }

    public IEnumerable<SourcePoint> Points(SourceRun run)
    {
        var folder = Path.Combine(run.Folder!, "metrics");
        foreach (var file in _files.Files(folder))
        {
            var key = FileStore.Key(folder, file);
            var (number, bad, columns) = (0, 0, 0);
            foreach (var line in _files.Lines(file, tally.Points))
            {
                number++;
                if (line.Length == 0)
                    continue;

                // a line may have more columns than those before, from a later MLflow; one with fewer was cut off
                var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (parts.Length >= columns && TryPoint(key, parts) is { } point)
                {
                    columns = Math.Min(parts.Length, 3);
                    yield return point;
                    continue;
                }

                bad = bad == 0 ? number : bad;
                tally.Refuse(tally.Points, $"{file}:{bad}", "The line is not 'timestamp value step'.");
            }
        }
    }

    public IEnumerable<SourceRecord> Records() => new FileRecords(root, _files, tally).Read(ExperimentFolders().Select(e => e.Folder));

    public void Dispose()
    {
    }

    // before 1.0 without a step; MLflow 3 adds what was measured on which data
    private static SourcePoint? TryPoint(string key, string[] parts)
    {
        var step = 0L;
        return parts.Length >= 2
            && TryWhole(parts[0], out var time)
            && MlflowText.TryNumber(parts[1], out var value)
            && (parts.Length == 2 || TryWhole(parts[2], out step))
            ? new SourcePoint(key, step, time, value)
            : null;
    }

    private static bool TryWhole(string text, out long value) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private SourceRun Read(RunId id, string experiment, string folder, IReadOnlyDictionary<string, string?> meta, bool isTrash)
    {
        foreach (var other in _files.Folders(folder).Where(f => !OfRun.Contains(Path.GetFileName(f))))
            tally.Report(other, "The folder has no place here; it was not taken.");
        var run = SourceRun.Read(
            id,
            Path.GetFileName(folder),
            experiment,
            field => meta.GetValueOrDefault(field),
            _files.Texts(Path.Combine(folder, "params"), tally.Params),
            _files.Texts(Path.Combine(folder, "tags"), tally.Tags),
            folder,
            tally);
        return run with { IsDeleted = isTrash || run.IsDeleted, Folder = folder };
    }

    private IEnumerable<(string Folder, bool IsTrash)> ExperimentFolders()
    {
        foreach (var folder in _files.Folders(root).Where(f => Path.GetFileName(f) is not (".trash" or FileRecords.Models)))
            yield return (folder, false);
        foreach (var folder in _files.Folders(Path.Combine(root, ".trash")))
            yield return (folder, true);
    }
}
