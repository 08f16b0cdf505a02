using System.Globalization;
using Mlops.Benchmarks.Baselines;
using Mlops.Sdk;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;

namespace Mlops.Benchmarks.Figures;

/// <summary>What one call costs while the store is a PostgreSQL server, and while that server is dead; the slower of the two.</summary>
internal sealed class LogMetricOutage : Figure
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(0.7);
    private readonly LossCurve _loss = new(LoggingLoop.Block);
    private PostgreSqlServer? _server;
    private int _round;

    public override string Name => "log-metric-outage";

    public override string Unit => "ns";

    public override string BaselineName => "local-store";

    public override Bound Bound => Bound.AtMost(1.3);

    public override string? Missing => _server is null ? PostgreSqlServer.Missing : null;

    public override async Task PrepareAsync(Workspace workspace) => _server = await PostgreSqlServer.StartAsync();

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var up = await MeasureAsync(workspace, isDown: false);
        var down = await MeasureAsync(workspace, isDown: true);
        Note($"up {up:0.0} ns, down {down:0.0} ns");
        return Math.Max(up, down);
    }

    public override async Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        await using var session = await LoggingSession.StartAsync(workspace.NewPath("store"));
        session.Run.LogMetric("loss", 0);
        var result = LoggingLoop.LogFor(Duration, session.Run, "loss", _loss.Values);
        await session.CompleteAsync(result.Calls + 1);
        return result.NanosecondsPerCall;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task<double> MeasureAsync(Workspace workspace, bool isDown)
    {
        var options = new MlopsOptions { JournalPath = workspace.NewPath("journal") }
            .UsePostgreSql(new PostgreSqlStoreOptions
            {
                ConnectionString = _server!.ConnectionString,
                Schema = string.Create(CultureInfo.InvariantCulture, $"figure_{++_round}"),
            })
            .UseFolderObjects(workspace.NewPath("objects"));
        await using var session = await LoggingSession.StartAsync(options);
        session.Run.LogMetric("loss", 0);
        await session.Run.FlushAsync();
        if (isDown)
            await _server.KillAsync();
        var result = LoggingLoop.LogFor(Duration, session.Run, "loss", _loss.Values);
        if (isDown)
            await _server.RestartAsync();
        while ((await session.Run.FlushAsync()).Pending > 0)
        {
        }

        MustBeZero("points lost", await session.CompleteAsync(result.Calls + 1));
        return result.NanosecondsPerCall;
    }
}
