using Microsoft.Extensions.DependencyInjection;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>The code of the README, word for word between the marks; <see cref="DocumentTests"/> compares.</summary>
internal static class Snippets
{
    /// <summary>The training that the README leaves to the reader; better from epoch to epoch.</summary>
    public static readonly IReadOnlyList<(int Index, double Auc)> Epochs =
        [.. Enumerable.Range(0, 40).Select(i => (i, 0.5 + (0.3 * i / 39)))];

    public static async Task FrontDoorAsync()
    {
        #region front door
        await using var mlops = await MlopsClient.OpenAsync(); // .mlops/ here or above, or MLOPS_URI
        await using var run = await mlops.StartRunAsync("flight-delays");

        run.LogParam("trees", 200).SetTag("team", "ops");
        foreach (var epoch in Train())
            run.LogMetric("auc", epoch.Auc, step: epoch.Index);

        await run.LogArtifactAsync("model.zip");
        await run.CompleteAsync(); // without it, disposing ends the run as FAILED
        #endregion
    }

    public static async Task RunAsync(MlopsClient mlops)
    {
        #region run
        await mlops.RunAsync("flight-delays", async (run, token) =>
        {
            run.LogParams([new("trees", 400), new("learning_rate", 0.05)]);
            foreach (var epoch in Train())
            {
                token.ThrowIfCancellationRequested();
                run.LogMetric("auc", epoch.Auc, step: epoch.Index);
            }

            await run.LogTextAsync("# Good enough", "evaluation.md", token);
        });
        #endregion
    }

    public static async Task<IReadOnlyList<SeriesBucket>> QueryAsync(MlopsClient mlops)
    {
        #region query
        var page = await mlops.Runs.QueryAsync(new RunQuery
        {
            Experiment = "flight-delays",
            Filter = RunFilter.Metric("auc", FilterOperator.Greater, 0.6),
            OrderBy = [RunOrder.Metric("auc", descending: true)],
            Limit = 10,
        });
        foreach (var found in page.Runs)
            Console.WriteLine($"{found.Name}  {found.Status}  {found.Params["trees"]} trees  AUC {found.Metrics["auc"].Last:F3}");

        var best = page.Runs[0];
        var curve = await mlops.Runs.SampleMetricAsync(best.Id, "auc", buckets: 500); // for a chart; extremes are never lost
        foreach (var artifact in await mlops.Runs.ListArtifactsAsync(best.Id))
            Console.WriteLine($"{artifact.Path}  {artifact.SizeBytes} bytes  {artifact.Digest}");
        #endregion

        return curve;
    }

    public static async Task VerifyAsync(MlopsClient mlops)
    {
        #region readme search
        var sharp = await mlops.Runs.SearchAsync("metrics.auc > 0.6 AND (params.trees = 400 OR tags.team ILIKE 'ops%')", "metrics.auc DESC", limit: 10);
        #endregion

        #region readme report
        var two = sharp.Runs.Take(2).Select(run => run.Id).ToList();
        await mlops.Runs.WriteReportAsync(two, "comparison.html"); // curves, parameters against a metric, tables
        #endregion

        #region verify
        var report = await mlops.VerifyAsync();
        Console.WriteLine(report.IsSound ? $"{report.Records} records and {report.Points} points are sound." : string.Join('\n', report.Problems));
        #endregion
    }

    public static void Inject(IServiceCollection services)
    {
        #region dependency injection
        services.AddMlops(o => o.Path = "/var/lib/flights/.mlops");
        #endregion
    }

    public static void InjectTeam(IServiceCollection services)
    {
        #region team
        services.AddMlops(o => o
            .UsePostgreSql("Host=db;Database=mlops;Username=team")
            .UseFolderObjects("/mnt/team/mlops"));
        #endregion
    }

    public static async Task<MlopsClient> OpenTeamAsync()
    {
        #region team by uri
        // MLOPS_URI=postgres://team@db/mlops?objects=file:///mnt/team/mlops
        var mlops = await MlopsClient.OpenAsync(new MlopsOptions().UsePostgreSql());
        #endregion

        return mlops;
    }

    public static async Task StatusAsync(MlopsClient mlops)
    {
        #region status
        var status = mlops.Status;
        if (!status.IsStoreThere)
            Console.WriteLine($"{status.PendingSlots} slots wait in {status.JournalBytes} bytes of journal since {status.CaughtUp}: {status.Cause!.Message}");

        var report = await mlops.FlushAsync(); // waits at most MlopsOptions.FlushBound, and says what it reached
        Console.WriteLine(report.IsDurable ? "all there" : $"{report.Pending} slots wait, {report.DroppedPoints} points were dropped, {report.Refused} refused");
        #endregion
    }

    public static async Task<CopyReport> MoveAsync(MlopsClient laptop, MlopsClient team)
    {
        #region move
        var copied = await laptop.CopyToAsync(team);
        Console.WriteLine(copied); // the figures, and a line per difference
        #endregion

        return copied;
    }

    public static async Task OperateAsync(MlopsClient mlops, string nas)
    {
        #region backup
        Console.WriteLine(await mlops.BackupAsync(Path.Combine(nas, "flights"))); // the figures, and a line per problem
        #endregion

        #region restore
        Console.WriteLine(await MlopsClient.RestoreAsync(Path.Combine(nas, "flights"), "restored/.mlops")); // the figures, and what the store had lost before
        #endregion

        #region check
        var check = await mlops.CheckAsync(readsObjects: true);
        Console.WriteLine(check); // a line per finding: OK, WARNING or ERROR, what, and what to do
        #endregion

        #region collectGarbage
        Console.WriteLine(await mlops.CollectGarbageAsync()); // a dry run: says what it would do, and why
        await mlops.CollectGarbageAsync(new GarbageOptions { IsDryRun = false });
        #endregion

        #region scrub
        Console.WriteLine(await mlops.ScrubAsync(budgetBytes: 10_000_000_000)); // goes on where the last one ended
        #endregion
    }

    public static async Task ArchiveAsync(MlopsClient mlops, MlopsClient elsewhere)
    {
        #region archive
        await mlops.ExportAsync("flights.mlops.zip", new RunQuery { Experiment = "flight-delays" });
        await elsewhere.ImportAsync("flights.mlops.zip");
        #endregion
    }

    private static IEnumerable<(int Index, double Auc)> Train() => Epochs;
}
