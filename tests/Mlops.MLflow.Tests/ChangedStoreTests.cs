using Microsoft.Data.Sqlite;
using Xunit;

namespace Mlops.MLflow.Tests;

public sealed class ChangedStoreTests
{
    [Fact]
    public async Task Import_ofAGrownStore_takesWhatIsNew()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        await mlops.Context.ImportMlflowAsync(stores["mlflow.db"], stores.Moved);
        stores.Execute(
            "mlflow.db",
            """
            INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan)
            SELECT 'loss', 0.125, 1800000000000, run_uuid, 1000, 0 FROM runs WHERE status = 'RUNNING' LIMIT 1;
            UPDATE runs SET status = 'FINISHED', end_time = 1800000000000 WHERE status = 'RUNNING';
            """);
        var report = await mlops.Context.ImportMlflowAsync(stores["mlflow.db"], stores.Moved);
        Assert.Empty(report.Problems);
        Assert.Equal(1, report.Points.Taken);
        Assert.Equal(1, report.Runs.Taken);
    }

    [Fact]
    public async Task Import_withoutTheArtifacts_reportsWhereTheyWere()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var report = await mlops.Context.ImportMlflowAsync(stores["mlflow.db"]);
        Assert.Equal(12, report.Runs.Taken);
        Assert.Contains(report.Problems, p => p.Reason.Contains("ArtifactRoots", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Import_ofABrokenFolder_reportsEachPlaceAndTakesTheRest()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var metas = Directory.GetFiles(stores["mlruns"], "meta.yaml", SearchOption.AllDirectories)
            .Where(f => Path.GetFileName(Path.GetDirectoryName(f))!.Length == 32).Order(StringComparer.Ordinal).ToList();
        File.Delete(metas[0]);
        await File.WriteAllTextAsync(metas[1], "{ not: [yaml");
        var loss = Path.Combine(Path.GetDirectoryName(metas[2])!, "metrics", "loss");
        await File.AppendAllTextAsync(loss, "x y z\n");
        var report = await mlops.Context.ImportMlflowAsync(stores["mlruns"], stores.Moved);
        Assert.Equal(new MlflowCount(12, 10, 0, 2), report.Runs);
        Assert.Equal(1, report.Points.Refused);
        Assert.Equal(3, report.Problems.Count);
        Assert.Contains(report.Problems, p => p.Place.StartsWith(loss + ":", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Import_ofLinksThatLeaveTheStore_reportsThemAndReadsNothing()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var metas = Directory.GetFiles(stores["mlruns"], "meta.yaml", SearchOption.AllDirectories)
            .Where(f => Path.GetFileName(Path.GetDirectoryName(f))!.Length == 32).Order(StringComparer.Ordinal).ToList();
        var outside = Directory.CreateDirectory(stores["outside"]).FullName;
        await File.WriteAllTextAsync(Path.Combine(outside, "secret"), "hidden");
        File.Move(metas[0], Path.Combine(outside, "meta.yaml"));
        File.CreateSymbolicLink(metas[0], Path.Combine(outside, "meta.yaml"));
        var parameters = Path.Combine(Path.GetDirectoryName(metas[1])!, "params");
        Directory.Delete(parameters, recursive: true);
        Directory.CreateSymbolicLink(parameters, outside);
        Directory.CreateSymbolicLink(stores["linked"], stores["mlruns"]);

        var report = await mlops.Context.ImportMlflowAsync(stores["linked"], stores.Moved);

        Assert.Equal(new MlflowCount(12, 11, 0, 1), report.Runs);
        Assert.Contains(report.Problems, p => p.Place.EndsWith("meta.yaml", StringComparison.Ordinal));
        Assert.Contains(report.Problems, p => p.Place.EndsWith("params", StringComparison.Ordinal));
        var page = await mlops.Runs.QueryAsync(new Metadata.RunQuery { IncludeDeleted = true });
        Assert.DoesNotContain(page.Runs, run => run.Params.ContainsKey("secret"));
    }

    [Fact]
    public async Task Import_ofAForeignDatabase_saysSo()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        stores.Execute("other.db", "CREATE TABLE t (x)");
        await Assert.ThrowsAsync<ArgumentException>(() => mlops.Context.ImportMlflowAsync(stores["other.db"]));
        stores.Execute("other.db", "CREATE TABLE experiments (x); CREATE TABLE runs (x); CREATE TABLE metrics (x)");
        await Assert.ThrowsAsync<ArgumentException>(() => mlops.Context.ImportMlflowAsync(stores["other.db"]));
        Assert.Empty(await mlops.Context.Store.ReadFeedAsync(0, 10));
    }

    [Fact]
    public async Task Import_ofADatabaseWithAWriteAheadLog_readsWhatOnlyTheLogHas_andWritesNothingBesideIt()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        using var writer = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = stores["wal.db"], Pooling = false }.ToString());
        writer.Open();
        using var create = writer.CreateCommand();
#pragma warning disable CA2100 // the tests' own texts
        create.CommandText = "PRAGMA journal_mode = WAL;" + MlflowSchema.V1 + MlflowSchema.TwoRuns;
#pragma warning restore CA2100
        create.ExecuteNonQuery();
        var before = Directory.GetFiles(stores["."], "wal.db*").Select(f => (f, new FileInfo(f).Length)).ToList();
        var report = await mlops.Context.ImportMlflowAsync(stores["wal.db"]);
        Assert.Equal(2, report.Runs.Taken);
        Assert.Equal(before, Directory.GetFiles(stores["."], "wal.db*").Select(f => (f, new FileInfo(f).Length)));
    }
}
