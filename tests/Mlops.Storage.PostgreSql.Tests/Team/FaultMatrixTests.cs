using System.Globalization;
using System.Text;
using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Storage.Conformance;
using Mlops.Tracking;

namespace Mlops.Storage.PostgreSql.Tests.Team;

/// <summary>
/// Every fault at every step of a run over PostgreSQL. Whatever the step answered, once the fault is over all of the run is in the
/// store, once. What the steps answered is docs/fault-matrix.md, which must be what this test finds.
/// </summary>
public sealed class FaultMatrixTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    private static readonly string[] Faults = ["server killed", "connections cut", "server slow", "client's disk full"];
    private static readonly string[] Steps = ["start", "log", "flush", "artifact", "complete"];

    [SkippableFact]
    public async Task Every_fault_at_every_step_loses_and_doubles_nothing()
    {
        server.Require();
        var table = new StringBuilder("| step | ").AppendJoin(" | ", Faults).AppendLine(" |");
        table.Append('|').Insert(table.Length, "---|", Faults.Length + 1).AppendLine();
        foreach (var step in Steps)
        {
            table.Append(CultureInfo.InvariantCulture, $"| {step} |");
            foreach (var fault in Faults)
                table.Append(CultureInfo.InvariantCulture, $" {await TryAsync(fault, step)} |");
            table.AppendLine();
        }

        var page = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "fault-matrix.md"));
        Assert.True(page.Contains(table.ToString(), StringComparison.Ordinal), $"docs/fault-matrix.md must hold this:\n{table}");
    }

    private async Task<string> TryAsync(string fault, string step)
    {
        using var disk = fault == Faults[3] ? TinyDisk.Mount(2 << 20) : null;
        await using var rig = new TeamRig(server, disk?.Path);
        var options = rig.Options;

        // long enough for the first try to fail, and for a slow one to succeed: what is recorded is the first answer
        options.FlushBound = TimeSpan.FromSeconds(fault is "server slow" or "client's disk full" ? 30 : 3);
        var client = await MlopsClient.OpenAsync(options);
        var run = step == "start" ? null : await client.StartRunAsync("faults");
        run?.LogMetric("m", 0);
        await client.FlushAsync();

        await BeginAsync(fault, rig);
        var answer = "goes on";
        var isRefused = false;
        try
        {
            run ??= (await client.StartRunAsync("faults")).LogMetric("m", 0);
            answer = await StepAsync(step, run!);
        }
        catch (StorageUnavailableException e)
        {
            Assert.Contains("the disk is full", e.Message, StringComparison.Ordinal);
            answer = "says that the disk is full; the run goes on";
            isRefused = true;
        }

        await EndAsync(fault, rig);
        if (isRefused)
            await StepAsync(step, run!);
        await FinishAsync(rig, client, run!, step);
        return answer;
    }

    private async Task BeginAsync(string fault, TeamRig rig)
    {
        switch (fault)
        {
            case "server killed":
                await server.KillAsync();
                break;
            case "connections cut":
                // first an answer that gets lost though the server committed, then nothing at all
                rig.Proxy.Arm(ProxyFault.SwallowCommit);
                await Task.Delay(TimeSpan.FromMilliseconds(30));
                rig.Proxy.IsDown = true;
                break;
            case "server slow":
                rig.Proxy.Delay = TimeSpan.FromMilliseconds(50);
                break;
            default:
                Fill(Path.Combine(rig.Disk, "ballast"));
                break;
        }
    }

    private async Task EndAsync(string fault, TeamRig rig)
    {
        rig.Proxy.Delay = TimeSpan.Zero;
        rig.Proxy.IsDown = false;
        if (fault == "server killed")
            await server.RestartAsync();
        if (fault == "client's disk full")
            File.Delete(Path.Combine(rig.Disk, "ballast"));
    }

    private static async Task<string> StepAsync(string step, ActiveRun run)
    {
        switch (step)
        {
            case "log":
                for (var i = 1; i <= 5000; i++)
                    run.LogMetric("m", i, i);
                run.LogParam("p", 1).SetTag("t", "1");
                return "goes on";
            case "flush":
                run.LogMetric("m", 1, 1);
                return AnswerOf(await run.FlushAsync());
            case "artifact":
                await run.LogTextAsync(new string('x', 200_000), "a.txt");
                return "goes on";
            case "complete":
                run.LogParam("p", 1).SetTag("t", "1");
                return AnswerOf(await run.CompleteAsync());
            default:
                return "goes on";
        }
    }

    private static string AnswerOf(FlushReport report) =>
        report.IsDurable ? "durable" : report is { Pending: > 0, Cause: not null } ? "says what waits, and why" : report.ToString();

    private static async Task FinishAsync(TeamRig rig, MlopsClient client, ActiveRun run, string step)
    {
        if (step != "complete")
            await run.CompleteAsync();
        await TeamRig.DrainAsync(client);
        await client.DisposeAsync();

        await using var reader = await MlopsClient.OpenAsync(rig.Direct);
        var stored = Assert.Single((await reader.Runs.QueryAsync(new RunQuery { Experiment = "faults" })).Runs);
        Assert.Equal((RunStatus.Finished, 0L), (stored.Status, stored.DroppedPoints));
        var points = step switch { "log" => 5001, "flush" => 2, _ => 1 };
        Assert.Equal(Enumerable.Range(0, points).Select(i => (double)i), await TeamRig.ValuesAsync(reader, stored.Id, "m"));
        if (step is "log" or "complete")
            Assert.Equal(("1", "1"), (stored.Params["p"], stored.Tags["t"]));
        Assert.Equal(step == "artifact" ? ["a.txt"] : [], (await reader.Runs.ListArtifactsAsync(stored.Id)).Select(a => a.Path.Value));
        if (step == "artifact")
        {
            using var text = new StreamReader(await reader.Runs.OpenArtifactAsync(stored.Id, "a.txt"));
            Assert.Equal(200_000, (await text.ReadToEndAsync()).Length);
        }

        Assert.Empty((await reader.VerifyAsync()).Problems);
    }

    private static void Fill(string path)
    {
        using var file = File.Create(path);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // full
        }
    }
}
