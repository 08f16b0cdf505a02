using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Mlops.Benchmarks.Baselines;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Tracking;
using Npgsql;
using NpgsqlTypes;

namespace Mlops.Benchmarks.Figures;

/// <summary>Ten million points over ten metrics, from the first call until all can be queried in PostgreSQL.</summary>
internal sealed class PostgreSqlIngest : Figure
{
    private const int Points = 10_000_000;
    private const int Rows = 2_000_000;
    private static readonly string[] Keys = [.. Enumerable.Range(0, 10).Select(i => $"metric_{i}")];
    private readonly LossCurve _loss = new(1 << 16);
    private PostgreSqlServer? _server;
    private int _round;

    public override string Name => "pg-ingest";

    public override string Unit => "points/s";

    public override string BaselineName => "copy-rows";

    public override Bound Bound => Bound.AtLeast(5);

    public override string? Missing => _server is null ? PostgreSqlServer.Missing : null;

    public override int BaselineRounds => 1;

    // ten million calls warm themselves up
    public override int WarmUps => 0;

    public override async Task PrepareAsync(Workspace workspace) => _server = await PostgreSqlServer.StartAsync();

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var schema = string.Create(CultureInfo.InvariantCulture, $"figure_{++_round}");
        await using var store = await PostgreSqlMetadataStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = _server!.ConnectionString, Schema = schema });
        var content = new ContentStore(new FolderObjectStore(workspace.NewPath("objects")));
        var options = new TrackingOptions { JournalPath = workspace.NewPath("journal") };
        await using var tracker = new RunTracker(store, content, options, NullLogger.Instance);
        await using var run = await tracker.StartRunAsync("figures");
        var values = _loss.Values.ToArray();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Points; i++)
            run.LogMetric(Keys[i % Keys.Length], values[i % values.Length], step: i / Keys.Length);
        await run.FlushAsync();
        var elapsed = Stopwatch.GetElapsedTime(start);

        await run.CompleteAsync();
        var stored = await store.ListSeriesAsync([run.Id.Value]);
        MustBeZero("points lost", Points - stored.Sum(s => s.Position));
        return Points / elapsed.TotalSeconds;
    }

    public override async Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        await using var source = NpgsqlDataSource.Create(_server!.ConnectionString);
        await using (var create = source.CreateCommand(
            "CREATE TABLE points (run int, key int, step bigint, time bigint, value double precision, PRIMARY KEY (run, key, step))"))
        {
            await create.ExecuteNonQueryAsync();
        }

        await using var connection = await source.OpenConnectionAsync();
        var values = _loss.Values.ToArray();
        var start = Stopwatch.GetTimestamp();
        await using (var writer = await connection.BeginBinaryImportAsync("COPY points (run, key, step, time, value) FROM STDIN (FORMAT BINARY)"))
        {
            for (var i = 0; i < Rows; i++)
            {
                writer.StartRow();
                writer.Write(1, NpgsqlDbType.Integer);
                writer.Write(i % Keys.Length, NpgsqlDbType.Integer);
                writer.Write((long)(i / Keys.Length), NpgsqlDbType.Bigint);
                writer.Write(Stopwatch.GetTimestamp(), NpgsqlDbType.Bigint);
                writer.Write(values[i % values.Length], NpgsqlDbType.Double);
            }

            await writer.CompleteAsync();
        }

        return Rows / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        await base.DisposeAsync();
    }
}
