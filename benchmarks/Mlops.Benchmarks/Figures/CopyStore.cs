using System.Diagnostics;
using Mlops.Benchmarks.Baselines;
using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Figures;

/// <summary>A laptop's store of a thousand runs moved into PostgreSQL; the ratio is that of doing it again at once.</summary>
internal sealed class CopyStore : Figure
{
    private const int Runs = 1000;
    private const int Metrics = 10;
    private const int Points = 1000;
    private readonly LossCurve _loss = new(1 << 16);
    private PostgreSqlServer? _server;
    private string _source = "";
    private MlopsClient? _from;
    private MlopsClient? _to;
    private int _round;
    private double _first;

    public override string Name => "copy-store";

    public override string Unit => "s, again";

    public override string BaselineName => "the-first-copy";

    public override Bound Bound => Bound.AtMost(0.1);

    public override int WarmUps => 0;

    public override string? Missing => _server is null ? PostgreSqlServer.Missing : null;

    public override async Task PrepareAsync(Workspace workspace)
    {
        _server = await PostgreSqlServer.StartAsync();
        _source = workspace.NewPath("source");
        Directory.CreateDirectory(_source);
        await FillAsync(Path.Combine(_source, "mlops.db"));
        _from = await MlopsClient.OpenAsync(new MlopsOptions { Path = _source });
    }

    /// <summary>The second copy; the first, into an empty store, is the baseline that is measured on the way.</summary>
    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var schema = FormattableString.Invariant($"copy_{++_round}");
        _to = await MlopsClient.OpenAsync(new MlopsOptions { JournalPath = workspace.NewPath("journal") }
            .UsePostgreSql(new PostgreSqlStoreOptions { ConnectionString = _server!.ConnectionString, Schema = schema })
            .UseFolderObjects(workspace.NewPath("objects")));
        await using (_to)
        {
            _first = await CopyAsync((long)Runs * Metrics * Points);
            return await CopyAsync(0);
        }
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace) => Task.FromResult<double?>(_first);

    public override async ValueTask DisposeAsync()
    {
        if (_from is not null)
            await _from.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task<double> CopyAsync(long points)
    {
        var start = Stopwatch.GetTimestamp();
        var report = await _from!.CopyToAsync(_to!);
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        MustBeZero("points too few or too many", report.Points - points);
        MustBeZero("differences", report.Differences.Count);
        return elapsed;
    }

    private async Task FillAsync(string path)
    {
        await using var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = path });
        var ids = new IdGenerator();
        var now = TimeProvider.System.GetUtcNow();
        var steps = Enumerable.Range(0, Points).Select(i => (long)i).ToArray();
        for (var i = 0; i < Runs; i++)
        {
            var run = new RunId(ids.Next());
            await store.CommitAsync(new Batch
            {
                Actor = "figures",
                ClientTime = now,
                Changes = [ExperimentRecord.Ensured(new ExperimentId(ids.Next()), "figures"), RunRecord.Started(run, "figures", $"run {i}", now, ids.Next(), null)],
                Appends = [.. Enumerable.Range(0, Metrics).Select(m => new SeriesAppend(
                    run.Value, RunRecord.MetricSeries($"metric_{m}"), SeriesColumns.OfNumbers(steps, steps, _loss.Values.Slice((i * Metrics) + m, Points).ToArray())))],
            });
        }
    }
}
