using System.Diagnostics;
using System.Globalization;
using Mlops.Benchmarks.Baselines;
using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Storage.PostgreSql;

namespace Mlops.Benchmarks.Figures;

/// <summary>Eight processes that log a million points each into one PostgreSQL store, from the first start to the last exit.</summary>
internal sealed class Team : Figure
{
    private const int Processes = 8;
    private const int Points = 1_000_000;
    private PostgreSqlServer? _server;
    private int _round;

    public override string Name => "team";

    public override string Unit => "points/s";

    public override string BaselineName => "none";

    // all points there, which is promised beside the speed
    public override Bound Bound => Bound.AtLeast(0);

    public override int WarmUps => 0;

    public override string? Missing => _server is null ? PostgreSqlServer.Missing : null;

    public override async Task PrepareAsync(Workspace workspace) => _server = await PostgreSqlServer.StartAsync();

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var uri = string.Create(CultureInfo.InvariantCulture, $"{_server!.Uri}?schema=team_{++_round}&objects={new Uri(workspace.NewPath("objects")).AbsoluteUri}");
        await using var reader = await MlopsClient.OpenAsync(Options(uri, workspace.NewPath("journal")));
        var start = Stopwatch.GetTimestamp();
        var writers = Enumerable.Range(0, Processes).Select(_ => Process.Start(Environment.ProcessPath!, [.. Self(), "team-writer", uri, workspace.NewPath("journal")])).ToList();
        foreach (var writer in writers)
        {
            await writer.WaitForExitAsync();
            if (writer.ExitCode != 0)
                throw new InvalidOperationException($"A writer ended with {writer.ExitCode}.");
            writer.Dispose();
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        var page = await reader.Runs.QueryAsync(new RunQuery { Experiment = Name });
        var stored = page.Runs.Where(r => r.Status == RunStatus.Finished).Sum(r => r.Metrics.Values.Sum(m => m.Count));
        MustBeZero("points lost", ((long)Processes * Points) - stored);
        return Processes * Points / elapsed.TotalSeconds;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace) => Task.FromResult<double?>(null);

    /// <summary>One of the processes.</summary>
    public static async Task<int> WriteAsync(string uri, string journal)
    {
        await using var client = await MlopsClient.OpenAsync(Options(uri, journal));
        await using var run = await client.StartRunAsync("team");
        for (var i = 0; i < Points; i++)
            run.LogMetric("loss", Math.Sin(i), i);
        return (await run.CompleteAsync()).IsDurable ? 0 : 1;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        await base.DisposeAsync();
    }

    private static MlopsOptions Options(string uri, string journal) =>
        new MlopsOptions { Uri = uri, JournalPath = journal }.UsePostgreSql();

    // started by the dotnet host, its first argument is the assembly
    internal static string[] Self() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(Team).Assembly.Location] : [];
}
