using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Xunit;

namespace Mlops.MLflow.Tests;

public sealed class InterruptedImportTests
{
    private const int Runs = 1200;

    [Fact]
    public async Task Import_cancelledAndRepeated_goesOnWhereItWas()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var path = ManyRuns(stores);
        using var cancel = new CancellationTokenSource();
        var progress = new Told(p => Cancel(p.Runs == 700));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => mlops.Context.ImportMlflowAsync(path, progress: progress, cancellationToken: cancel.Token));

        var report = await mlops.Context.ImportMlflowAsync(path);
        Assert.Empty(report.Problems);
        Assert.Equal(new MlflowCount(Runs, Runs - 500, 500, 0), report.Runs);
        Assert.Equal(new MlflowCount(2 * Runs, 2 * (Runs - 500), 1000, 0), report.Points);
        Assert.Equal(Runs, report.VerifiedSeries);

        void Cancel(bool now)
        {
            if (now)
                cancel.Cancel();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Import_whoseCommitFails_countsNothingTwiceWhenRepeated(bool onlyTheAnswerIsLost)
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var path = ManyRuns(stores);
        await using var store = new FaultyStore(mlops.Context.Store);
        var context = new MetadataContext(store, mlops.Context.Content);
        var progress = new Told(p => Fail(p.Runs == 700));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => context.ImportMlflowAsync(path, progress: progress));

        var report = await context.ImportMlflowAsync(path);
        Assert.Empty(report.Problems);
        Assert.Equal(onlyTheAnswerIsLost ? 1000 : 500, report.Runs.Present);
        Assert.Equal(2 * Runs, report.Points.Found);
        Assert.Equal(Runs, report.VerifiedSeries);
        Assert.Equal(2, (await MlflowStores.PointsAsync(context, RunId.Parse($"{700:x32}", null), "loss")).Count);

        void Fail(bool now)
        {
            if (now && onlyTheAnswerIsLost)
                store.LoseNext(1);
            else if (now)
                store.FailNext(1);
        }
    }

    [Fact]
    public async Task Import_interruptedInsideARun_appendsOnlyTheRestOfItsPoints()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var path = stores.Execute(
            "one.db",
            MlflowSchema.V1,
            MlflowSchema.TwoRuns,
            $"""
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 599999)
            INSERT INTO metrics SELECT 'm' || (i % 3), i, i, '{MlflowSchema.RunA}', i, 0 FROM n;
            """);
        await using var store = new FaultyStore(mlops.Context.Store);
        store.LoseNext(2);
        var context = new MetadataContext(store, mlops.Context.Content);
        for (var i = 0; i < 2; i++)
            await Assert.ThrowsAsync<StorageUnavailableException>(() => context.ImportMlflowAsync(path));

        var report = await context.ImportMlflowAsync(path);
        Assert.Equal(new MlflowCount(600_000, 350_000, 250_000, 0), report.Points);
        Assert.Equal(3, report.VerifiedSeries);
    }

    private static string ManyRuns(MlflowStores stores) => stores.Execute(
        "many.db",
        MlflowSchema.V1,
        $"""
        INSERT INTO experiments VALUES (1, 'e', '/nowhere', 'active');
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {Runs})
        INSERT INTO runs (run_uuid, name, status, start_time, lifecycle_stage, experiment_id)
        SELECT printf('%032x', i), 'r', 'FINISHED', 1500000000000, 'active', 1 FROM n;
        INSERT INTO metrics SELECT 'loss', s, s, run_uuid, s, 0 FROM runs, (SELECT 1 AS s UNION SELECT 2) ORDER BY s;
        """);

    private sealed class Told(Action<MlflowImportProgress> tell) : IProgress<MlflowImportProgress>
    {
        public void Report(MlflowImportProgress value) => tell(value);
    }
}
