using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Metadata.Tests;

/// <summary>A real store in a folder of its own, with the catalogs over it.</summary>
internal sealed class StoreRig : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-metadata-").FullName;
    private readonly IdGenerator _ids = new(null, new Random(5));

    public StoreRig()
    {
        Store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(_folder, "mlops.db") });
        Content = new ContentStore(new FolderObjectStore(Path.Combine(_folder, "objects")));
        var context = new MetadataContext(Store, Content);
        Runs = new RunCatalog(context);
        Experiments = new ExperimentCatalog(context);
    }

    public static RecordId Owner { get; } = new(99);

    public static DateTimeOffset Start { get; } = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public SqliteMetadataStore Store { get; }

    public ContentStore Content { get; }

    public RunCatalog Runs { get; }

    public ExperimentCatalog Experiments { get; }

    public string this[string name] => Path.Combine(_folder, name);

    public async Task<RunId> StartAsync(string experiment = "e", string name = "r", RunId? parent = null, DateTimeOffset? start = null)
    {
        var id = new RunId(_ids.Next());
        await CommitAsync(
            ExperimentRecord.Ensured(new ExperimentId(_ids.Next()), experiment),
            RunRecord.Started(id, experiment, name, start ?? Start, Owner, parent));
        return id;
    }

    public Task<BatchResult> CommitAsync(params RecordChange[] changes) =>
        Store.CommitAsync(new Batch { Actor = "tester", ClientTime = Start, Changes = changes });

    public Task<BatchResult> AppendAsync(RunId run, string key, params (long Step, double Value)[] points) =>
        Store.CommitAsync(new Batch
        {
            Actor = "tester",
            ClientTime = Start,
            Appends =
            [
                new SeriesAppend(run.Value, RunRecord.MetricSeries(key), SeriesColumns.OfNumbers(
                    points.Select(p => p.Step).ToArray(), points.Select(p => Microseconds.From(Start)).ToArray(), points.Select(p => p.Value).ToArray())),
            ],
        });

    public async Task LogAsync(RunId run, string key, RichValue value, long step = 0) =>
        await LogAsync(run, key, value.Kind, (await Content.PutAsync(value.Encode())).Digest, step);

    public Task<BatchResult> LogAsync(RunId run, string key, RichValueKind kind, Digest content, long step = 0) =>
        Store.CommitAsync(new Batch { Actor = "tester", ClientTime = Start, Appends = [ValueSeries.Logged(run, kind, key, step, Start, content)] });

    public async Task<string> WriteReportAsync(IReadOnlyList<RunId> runs, ReportOptions? options = null)
    {
        using var stream = new MemoryStream();
        await Runs.WriteReportAsync(runs, stream, options);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    public async Task<Artifact> LogAsync(RunId run, string path, string text)
    {
        var content = await Content.PutAsync(System.Text.Encoding.UTF8.GetBytes(text));
        var id = new ArtifactId(_ids.Next());
        await CommitAsync(ArtifactRecord.Logged(id, run, ArtifactPath.Parse(path), content));
        return (await Runs.ListArtifactsAsync(run)).Single(a => a.Id == id);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
