using Mlops.Metadata;
using Mlops.Sdk;

namespace Mlops.Storage.PostgreSql.Tests.Team;

/// <summary>Tracking is local first: what a training does while the team's server is away.</summary>
public sealed class OfflineTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    [SkippableFact]
    public async Task OpenAsync_serverAwayAllAlong_tracksARunAndTheNextClientBringsIt()
    {
        server.Require();
        await using var rig = new TeamRig(server);
        rig.Proxy.IsDown = true;
        RunId id;
        await using (var client = await MlopsClient.OpenAsync(rig.Options))
        {
            Assert.IsType<StorageUnavailableException>(client.Status.Cause);
            await using var run = await client.StartRunAsync("offline");
            id = run.Id;
            run.LogParam("trees", 200).SetTag("team", "ops");
            for (var i = 0; i < 1000; i++)
                run.LogMetric("auc", i, i);
            await run.LogTextAsync("what was seen", "notes/seen.txt");
            var report = await run.CompleteAsync();
            Assert.False(report.IsDurable);
            Assert.True(report.Pending > 1000);
            Assert.True(client.Status is { IsStoreThere: false, PendingSlots: > 1000, JournalBytes: > 0, CaughtUp: null });
        }

        rig.Proxy.IsDown = false;
        await using var next = await MlopsClient.OpenAsync(rig.Options);
        Assert.Equal(1000, Assert.Single(await next.RecoverAsync()).Points);
        var stored = await next.Runs.GetAsync(id);
        Assert.Equal((RunStatus.Finished, "200", "ops"), (stored.Status, stored.Params["trees"], stored.Tags["team"]));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (double)i), await TeamRig.ValuesAsync(next, id, "auc"));
        using var artifact = new StreamReader(await next.Runs.OpenArtifactAsync(id, "notes/seen.txt"));
        Assert.Equal("what was seen", await artifact.ReadToEndAsync());
        Assert.Empty((await next.VerifyAsync()).Problems);
    }

    [SkippableFact]
    public async Task Experiment_startedOfflineByTwo_isOne()
    {
        server.Require();
        await using var rig = new TeamRig(server);
        var other = rig.Options;
        other.JournalPath = Path.Combine(rig.Disk, "journal of another machine");
        rig.Proxy.IsDown = true;
        await using (var first = await MlopsClient.OpenAsync(rig.Options))
        await using (var second = await MlopsClient.OpenAsync(other))
        {
            await using var a = await first.StartRunAsync("same name");
            await using var b = await second.StartRunAsync("same name");
            rig.Proxy.IsDown = false;
            await TeamRig.DrainAsync(first);
            await TeamRig.DrainAsync(second);
            await a.CompleteAsync();
            await b.CompleteAsync();
            await TeamRig.DrainAsync(first);
            await TeamRig.DrainAsync(second);
        }

        await using var reader = await MlopsClient.OpenAsync(rig.Direct);
        Assert.Equal(2, (await reader.Runs.QueryAsync(new RunQuery { Experiment = "same name" })).Runs.Count);
    }

    [SkippableFact]
    public async Task OpenAsync_serverRefusesTheUser_throwsAtOnceWithoutTheSecret()
    {
        server.Require();
        await using var rig = new TeamRig(server);
        var options = new MlopsOptions { JournalPath = rig.JournalPath }
            .UsePostgreSql($"postgres://nobody:s3cr3t-word@127.0.0.1:{server.Port}/mlops")
            .UseFolderObjects(Path.Combine(rig.Disk, "objects"));
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => MlopsClient.OpenAsync(options));
        Assert.True(error.NeedsRepair);
        Assert.DoesNotContain("s3cr3t-word", error + options.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task OpenAsync_byUri_findsServerAndObjects()
    {
        server.Require();
        await using var rig = new TeamRig(server);
        var uri = $"postgres://mlops:s3cr3t-word@127.0.0.1:{server.Port}/mlops?schema={PostgreSqlServer.NewSchema()}"
            + $"&objects={new Uri(rig.Disk).AbsoluteUri}/team";
        var options = new MlopsOptions { Uri = uri, JournalPath = rig.JournalPath }.UsePostgreSql();
        await using (var client = await MlopsClient.OpenAsync(options))
        {
            await using var run = await client.StartRunAsync("by uri");
            await run.LogTextAsync("text", "a.txt");
            Assert.True((await run.CompleteAsync()).IsDurable);
            var check = await client.CheckAsync(readsObjects: true);
            Assert.True(check.IsHealthy, check.ToString());
            Assert.Contains("1 contents are there and whole", check.ToString(), StringComparison.Ordinal);
            await Assert.ThrowsAsync<NotSupportedException>(() => client.BackupAsync(Path.Combine(rig.Disk, "backup")));
            Assert.DoesNotContain("s3cr3t-word", client.Location + options, StringComparison.Ordinal);
        }

        Assert.NotEmpty(Directory.EnumerateFiles(Path.Combine(rig.Disk, "team"), "*", SearchOption.AllDirectories));
    }
}
