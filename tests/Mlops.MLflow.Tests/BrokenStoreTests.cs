using Mlops.Storage;
using Xunit;

namespace Mlops.MLflow.Tests;

public sealed class BrokenStoreTests
{
    [Fact]
    public async Task Import_ofGarbageInColumns_countsItAndTakesTheRest()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var path = stores.Execute(
            "one.db",
            MlflowSchema.V1.Replace("NOT NULL", "", StringComparison.Ordinal),
            MlflowSchema.TwoRuns,
            $"""
            INSERT INTO runs (run_uuid, status, experiment_id) VALUES ('no id', 'FINISHED', 1), (NULL, 'FINISHED', 1);
            INSERT INTO params VALUES (NULL, 'x', '{MlflowSchema.RunA}'), ('lr', '1', '{MlflowSchema.RunA}'), ('lost', '1', 'ffff');
            INSERT INTO tags VALUES (NULL, 'x', '{MlflowSchema.RunA}');
            INSERT INTO metrics VALUES
                ('loss', 'garbage', 1, '{MlflowSchema.RunA}', 1, 0), ('loss', 'more', 2, '{MlflowSchema.RunA}', 1, 0), ('loss', 0.5, 3, '{MlflowSchema.RunA}', 2, 0),
                ('loss', 0.5, 'then', '{MlflowSchema.RunA}', 3, 0), ('loss', 0.5, 4, '{MlflowSchema.RunA}', 'there', 0), (NULL, 0.5, 5, '{MlflowSchema.RunA}', 4, 0),
                ('loss', 0.5, 99999999999999999, '{MlflowSchema.RunA}', 5, 0), ('loss', 1, 1, 'ffff', 1, 0);
            """);
        var report = await mlops.Context.ImportMlflowAsync(path);
        Assert.Equal([(2, 0.5)], await MlflowStores.PointsAsync(mlops.Context, MlflowStores.A, "loss"));
        Assert.Equal(new MlflowCount(8, 1, 0, 7), report.Points);
        Assert.Equal(new MlflowCount(4, 2, 0, 2), report.Runs);
        Assert.Equal(new MlflowCount(3, 1, 0, 2), report.Params);
        Assert.Equal(1, report.Tags.Refused);
        Assert.Equal(4, Assert.Single(report.Problems, p => p.Place == $"metrics, {MlflowSchema.RunA}, 'loss'").Count);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public async Task Import_ofACutDatabase_throwsAndTakesNothing(double part)
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        using (var file = File.OpenWrite(stores["mlflow.db"]))
            file.SetLength((long)(file.Length * part));
        await Assert.ThrowsAsync<IntegrityException>(() => mlops.Context.ImportMlflowAsync(stores["mlflow.db"], stores.Moved));
        Assert.Empty(await mlops.Context.Store.ReadFeedAsync(0, 10));
    }

    [Fact]
    public async Task Import_ofADatabaseWithADamagedPage_throwsAndTakesNothing()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var page = (long)stores.Select("mlflow.db", "SELECT rootpage FROM sqlite_master WHERE name = 'metrics'")[0][0];
        var size = (long)stores.Select("mlflow.db", "PRAGMA page_size")[0][0];
        using (var file = File.OpenWrite(stores["mlflow.db"]))
        {
            file.Position = (page - 1) * size;
            file.Write(new byte[size]);
        }

        await Assert.ThrowsAsync<IntegrityException>(() => mlops.Context.ImportMlflowAsync(stores["mlflow.db"], stores.Moved));
        Assert.Empty(await mlops.Context.Store.ReadFeedAsync(0, 10));
    }

    [Fact]
    public async Task Import_ofBrokenFiles_countsThemAndTakesTheRest()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var run = stores.WriteRun("status: 9");
        stores.Write($"{run}/metrics/loss", "1 0.5 1\nx y z\n2 0.25 2\n3 0.1\n99999999999999999999 1 1\n");
        stores.Write($"{run}/params/good", "1");
        Directory.CreateDirectory(Path.GetDirectoryName(stores[$"{run}/tags/bad"])!);
        await File.WriteAllBytesAsync(stores[$"{run}/tags/bad"], [0xff, 0xfe, 0x41]);
        stores.Write($"{run}/surprises/x", "");
        stores.Write("hand/1/not-a-run/meta.yaml", "");
        stores.Write("hand/2/meta.yaml", "- a\n- b\n");
        stores.Write("hand/3/nothing", "");
        stores.Write($"hand/1/{MlflowSchema.RunB}/meta.yaml", "a: " + new string('[', 200_000));
        var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Equal([(1, 0.5), (2, 0.25)], await MlflowStores.PointsAsync(mlops.Context, MlflowStores.A, "loss"));
        Assert.Equal(new MlflowCount(5, 2, 0, 3), report.Points);
        Assert.Equal(3, Assert.Single(report.Problems, p => p.Place.EndsWith("loss:2", StringComparison.Ordinal)).Count);
        Assert.Equal(new MlflowCount(1, 0, 0, 1), report.Tags);
        Assert.Equal(new MlflowCount(2, 1, 0, 1), report.Runs);
        Assert.Equal(new MlflowCount(3, 1, 0, 2), report.Experiments);
        Assert.Equal(Metadata.RunStatus.Failed, (await mlops.Runs.GetAsync(MlflowStores.A)).Status);
        Assert.Contains(report.Problems, p => p.Place.EndsWith("surprises", StringComparison.Ordinal));
        Assert.Contains(report.Problems, p => p.Place.EndsWith("not-a-run", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Import_ofARunInTwoFolders_takesTheFirst()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        stores.WriteRun();
        stores.Write($"hand/1/{MlflowSchema.RunA.ToUpperInvariant()}/meta.yaml", "status: 3\n");
        var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Equal(new MlflowCount(2, 1, 0, 1), report.Runs);
    }

    [SkippableFact]
    public async Task Import_withoutPermission_saysWhatItCouldNotRead()
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "Whoever runs this may read everything.");
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var run = stores.WriteRun();
        stores.Write($"{run}/metrics/loss", "1 0.5 1\n");
        stores.Write($"{run}/params/p", "1");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(stores[$"{run}/metrics"], UnixFileMode.None);
            File.SetUnixFileMode(stores[$"{run}/params/p"], UnixFileMode.None);
            File.SetUnixFileMode(stores["mlflow.db"], UnixFileMode.None);
        }

        var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Contains(report.Problems, p => p.Place.EndsWith("metrics", StringComparison.Ordinal));
        Assert.Equal(1, report.Params.Refused);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => mlops.Context.ImportMlflowAsync(stores["mlflow.db"]));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(stores[$"{run}/metrics"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
