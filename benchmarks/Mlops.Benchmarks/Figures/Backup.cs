using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Figures;

/// <summary>An online backup of ten thousand runs, a tenth of them with a file, while runs are logged.</summary>
internal sealed class Backup : Figure
{
    private const int Runs = 10_000;
    private const int RunsTogether = 100;
    private readonly LossCurve _loss = new(1 << 16);
    private readonly CancellationTokenSource _stop = new();
    private string _path = "";
    private MlopsClient? _mlops;
    private Task _writing = Task.CompletedTask;

    public override string Name => "backup";

    public override string Unit => "s";

    public override string BaselineName => "backup-api-and-copy";

    public override Bound Bound => Bound.AtMost(1.5);

    public override async Task PrepareAsync(Workspace workspace)
    {
        _path = workspace.NewPath("store");
        Directory.CreateDirectory(_path);
        await FillAsync();
        _mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = _path });
        _writing = Task.Run(WriteAsync);
    }

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var folder = workspace.NewPath("backup");
        var start = Stopwatch.GetTimestamp();
        var report = await _mlops!.BackupAsync(folder);
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        MustBeZero("problems", report.Problems.Count);
        Workspace.Delete(folder);
        return elapsed;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        var folder = Directory.CreateDirectory(workspace.NewPath("baseline")).FullName;
        var start = Stopwatch.GetTimestamp();
        using (var source = Open(Path.Combine(_path, "mlops.db")))
        using (var target = Open(Path.Combine(folder, "mlops.db")))
            source.BackupDatabase(target);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_path, "objects"), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(_path, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Workspace.Delete(folder);
        return Task.FromResult<double?>(elapsed);
    }

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _writing;
        if (_mlops is not null)
            await _mlops.DisposeAsync();
        _stop.Dispose();
        await base.DisposeAsync();
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private async Task WriteAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await using var run = await _mlops!.StartRunAsync("meanwhile");
            for (var i = 0; i < 1000; i++)
                run.LogMetric("loss", i, i);
            await run.CompleteAsync();
            await Task.Delay(20);
        }
    }

    private async Task FillAsync()
    {
        await using var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(_path, "mlops.db") });
        var content = new ContentStore(new FolderObjectStore(Path.Combine(_path, "objects")));
        var ids = new IdGenerator();
        var now = TimeProvider.System.GetUtcNow();
        var steps = Enumerable.Range(0, 1000).Select(i => (long)i).ToArray();
        for (var i = 0; i < Runs; i += RunsTogether)
        {
            List<RecordChange> changes = [ExperimentRecord.Ensured(new ExperimentId(ids.Next()), "figures")];
            List<SeriesAppend> appends = [];
            for (var j = i; j < i + RunsTogether; j++)
            {
                var run = new RunId(ids.Next());
                changes.Add(RunRecord.Started(run, "figures", $"run {j}", now, ids.Next(), null));
                appends.Add(new SeriesAppend(run.Value, RunRecord.MetricSeries("loss"), SeriesColumns.OfNumbers(steps, steps, _loss.Values.Slice(j, 1000).ToArray())));
                if (j % 10 != 0)
                    continue;
                var stored = await content.PutAsync(System.Text.Encoding.UTF8.GetBytes(new string((char)('a' + (j % 26)), 16_000) + j));
                changes.Add(ArtifactRecord.Logged(new ArtifactId(ids.Next()), run, ArtifactPath.Parse("model.txt"), stored));
            }

            await store.CommitAsync(new Batch { Actor = "figures", ClientTime = now, Changes = changes, Appends = appends });
        }
    }
}
