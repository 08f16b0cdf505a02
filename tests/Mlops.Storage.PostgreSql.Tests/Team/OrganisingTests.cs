using Mlops.Metadata;
using Mlops.Sdk;

namespace Mlops.Storage.PostgreSql.Tests.Team;

/// <summary>What two machines of a team see of each other's runs.</summary>
public sealed class OrganisingTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    [SkippableFact]
    public async Task WatchAsync_fromAnotherMachine_givesEveryPointOnceAcrossAnOutage()
    {
        server.Require();
        await using var rig = new TeamRig(server);
        await using var client = await MlopsClient.OpenAsync(rig.Direct);
        await using var other = await MlopsClient.OpenAsync(rig.Options);
        await using var run = await client.StartRunAsync("watched");
        await run.FlushAsync();
        List<double> values = [];
        var first = new TaskCompletionSource();
        var watch = Task.Run(async () =>
        {
            await foreach (var change in other.Runs.WatchAsync(run.Id, interval: TimeSpan.FromMilliseconds(10)))
            {
                values.AddRange(change.Points.GetValueOrDefault("m")?.Select(p => p.Value) ?? []);
                if (values.Count > 0)
                    first.TrySetResult();
            }
        });
        for (var i = 0; i < 1000; i++)
            run.LogMetric("m", i, i);
        await run.FlushAsync();
        await first.Task.WaitAsync(TimeSpan.FromSeconds(60));
        rig.Proxy.IsDown = true;
        for (var i = 1000; i < 2000; i++)
            run.LogMetric("m", i, i);
        Assert.True((await run.CompleteAsync()).IsDurable);
        rig.Proxy.IsDown = false;
        await watch.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => (double)i), values);
    }

    [SkippableFact]
    public async Task Organising_overTheServer_isAsOverAFolder()
    {
        server.Require();
        await using var rig = new TeamRig(server);
        await using var mlops = await MlopsClient.OpenAsync(rig.Direct);
        await using var run = await mlops.StartRunAsync("vision/Cats");
        for (var i = 0; i < 10_000; i++)
            run.LogMetric("m", i, i);
        await run.LogTextAsync("x", "a");
        await using var child = await run.StartChildAsync();
        await child.CompleteAsync();
        await run.CompleteAsync();
        await mlops.Experiments.EnsureAsync("vision0");
        await mlops.Experiments.EnsureAsync("vision/cats/deep");
        Assert.Equal(["vision/Cats", "vision/cats/deep"], (await mlops.Experiments.ListAsync("vision")).Select(e => e.Name));
        Assert.Equal(["vision/cats"], (await mlops.Experiments.ListFolderAsync("vision")).Folders);

        RunId forkId;
        await using (var fork = await mlops.ForkRunAsync(run.Id, 4_999))
        {
            forkId = fork.Id;
            fork.LogMetric("m", -1, 5_000);
            await fork.CompleteAsync();
        }

        Assert.Equal(5_001, (await mlops.Runs.ReadMetricAsync(forkId, "m")).Count);
        Assert.Equal(5_001, (await mlops.Runs.SampleMetricAsync(forkId, "m", 100)).Sum(b => b.Count));
        Assert.Equal((5_001L, -1.0), ((await mlops.Runs.GetAsync(forkId)).Metrics["m"].Count, (await mlops.Runs.GetAsync(forkId)).Metrics["m"].Last));
        Assert.Equal(run.Id, (await mlops.Experiments.FindBestRunAsync("vision/Cats", "m", MetricGoal.Maximize))!.Id);
        await mlops.Experiments.DeleteAsync("vision/Cats");
        Assert.Empty((await mlops.Runs.QueryAsync(new RunQuery())).Runs);
        await mlops.Experiments.RestoreAsync("vision/Cats");
        Assert.Equal(3, (await mlops.Runs.QueryAsync(new RunQuery())).Runs.Count);
        await Assert.ThrowsAsync<InvalidOperationException>(() => mlops.Runs.PurgeAsync(run.Id, withChildren: true));
        await mlops.Experiments.PurgeAsync("vision/Cats");
        Assert.Empty((await mlops.Runs.QueryAsync(new RunQuery { IncludeDeleted = true })).Runs);
        Assert.Empty((await mlops.VerifyAsync()).Problems);
    }
}
