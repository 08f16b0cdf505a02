using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Sdk.Tests.Operations;

public sealed class BackupTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Backup => _folder["backup"];

    private string Restored => _folder["restored"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task BackupAsync_whileItIsWrittenTo_restoresToWhatWasThere()
    {
        RunId id;
        await using (var mlops = await OpenAsync())
        {
            id = await LogAsync(mlops, "first");
            using var stop = new CancellationTokenSource();
            var busy = Task.Run(async () =>
            {
                await using var other = await OpenAsync();
                for (var i = 0; !stop.IsCancellationRequested; i++)
                    await LogAsync(other, $"meanwhile {i}");
            });
            List<double> shares = [];
            var report = await mlops.BackupAsync(Backup, new Now(shares.Add));
            await stop.CancelAsync();
            await busy;
            Assert.Empty(report.Problems);
            Assert.Equal(report.Objects, report.CopiedObjects);
            Assert.Equal(1, shares[^1]);
        }

        var restore = await MlopsClient.RestoreAsync(Backup, Restored);
        Assert.Empty(restore.Problems);
        await using var restored = await MlopsClient.OpenAsync(new MlopsOptions { Path = Restored });
        Assert.True((await restored.VerifyAsync()).IsSound);
        var run = await restored.Runs.GetAsync(id);
        Assert.Equal((RunStatus.Finished, "1", 100), (run.Status, run.Params["p"], run.Metrics["m"].Count));
        using var text = new StreamReader(await restored.Runs.OpenArtifactAsync(id, "a.txt"));
        Assert.Equal("first", await text.ReadToEndAsync());
        Assert.True((await restored.CheckAsync(readsObjects: true)).IsHealthy);
        await LogAsync(restored, "goes on");
    }

    [Fact]
    public async Task BackupAsync_garbageIsCollectedMeanwhile_hasAllThatItsIndexNames()
    {
        await using var mlops = await OpenAsync();
        var id = await LogAsync(mlops, "first");
        await mlops.Runs.PurgeAsync(id);
        var now = new GarbageOptions { IsDryRun = false, Grace = TimeSpan.Zero };
        Assert.Equal(1, (await mlops.CollectGarbageAsync(now)).Condemned);
        List<GarbageReport> collected = [];
        var report = await mlops.BackupAsync(Backup, new Now(share =>
        {
            // the index is copied, and no object yet
            if (share < 0.5 || collected.Count > 0)
                return;
            for (var i = 0; i < 3; i++)
                collected.Add(mlops.CollectGarbageAsync(now).GetAwaiter().GetResult());
        }));
        Assert.Equal(3, collected.Count);
        Assert.Empty(report.Problems);
        Assert.Equal(1, report.CopiedObjects);
        await mlops.CollectGarbageAsync(now);
        Assert.Equal(1, (await mlops.CollectGarbageAsync(now)).Items.Count(i => i.State == GarbageState.Deleted));
    }

    [Fact]
    public async Task BackupAsync_again_copiesOnlyWhatIsNew()
    {
        await using var mlops = await OpenAsync();
        await LogAsync(mlops, "first");
        Assert.Equal(1, (await mlops.BackupAsync(Backup)).CopiedObjects);
        var second = await LogAsync(mlops, "second");
        var report = await mlops.BackupAsync(Backup);
        Assert.Equal((2L, 1L), (report.Objects, report.CopiedObjects));
        await MlopsClient.RestoreAsync(Backup, Restored);
        await using var restored = await MlopsClient.OpenAsync(new MlopsOptions { Path = Restored });
        Assert.Equal(RunStatus.Finished, (await restored.Runs.GetAsync(second)).Status);
    }

    [Fact]
    public async Task BackupAsync_cancelled_isNoWholeBackup()
    {
        await using var mlops = await OpenAsync();
        await LogAsync(mlops, "first");
        await mlops.BackupAsync(Backup);
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => mlops.BackupAsync(Backup, new Now(_ => cancel.Cancel()), cancel.Token));
        var error = await Assert.ThrowsAsync<IntegrityException>(() => MlopsClient.RestoreAsync(Backup, Restored));
        Assert.Contains("backup.json", error.Message, StringComparison.Ordinal);
        Assert.Empty((await mlops.BackupAsync(Backup)).Problems);
    }

    [SkippableFact]
    public async Task BackupAsync_diskFull_saysSoAndTheStoreGoesOn()
    {
        using var disk = TinyDisk.Mount(64 << 10);
        await using var mlops = await OpenAsync();
        await LogAsync(mlops, "first");
        await Assert.ThrowsAsync<StorageUnavailableException>(() => mlops.BackupAsync(Path.Combine(disk.Path, "backup")));
        await LogAsync(mlops, "second");
    }

    [Fact]
    public async Task BackupAsync_ontoAStore_isRefused()
    {
        await using var mlops = await OpenAsync();
        await Assert.ThrowsAsync<ConflictException>(() => mlops.BackupAsync(_folder["store"]));
        Assert.True((await mlops.VerifyAsync()).IsSound);
    }

    [Fact]
    public async Task BackupAsync_ontoARestoredStoreThatWasNeverOpened_isRefused()
    {
        await using var mlops = await OpenAsync();
        await LogAsync(mlops, "first");
        await mlops.BackupAsync(Backup);
        await MlopsClient.RestoreAsync(Backup, Restored + Path.DirectorySeparatorChar);
        await LogAsync(mlops, "second");
        var before = await File.ReadAllBytesAsync(Path.Combine(Restored, "mlops.db"));
        await Assert.ThrowsAsync<ConflictException>(() => mlops.BackupAsync(Restored));
        Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(Restored, "mlops.db")));
    }

    [Fact]
    public async Task BackupAsync_ontoABackupThatWasOpenedAsAStore_isRefused()
    {
        await using var mlops = await OpenAsync();
        await mlops.BackupAsync(Backup);
        await using (var opened = await MlopsClient.OpenAsync(new MlopsOptions { Path = Backup }))
            await LogAsync(opened, "written to the backup");
        await Assert.ThrowsAsync<ConflictException>(() => mlops.BackupAsync(Backup));
    }

    [Fact]
    public async Task BackupAsync_afterAnInterruptedOneWithATornObject_replacesIt()
    {
        await using var mlops = await OpenAsync();
        await LogAsync(mlops, "first");
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => mlops.BackupAsync(Backup, new Now(share => { if (share == 1) cancel.Cancel(); }), cancel.Token));
        using (var torn = new FileStream(Objects(Backup)[0], FileMode.Open))
            torn.SetLength(2);
        Assert.Equal(0, (await mlops.BackupAsync(Backup)).CopiedObjects);
        Assert.Empty((await MlopsClient.RestoreAsync(Backup, Restored)).Problems);
    }

    [Fact]
    public async Task BackupAsync_objectLostInTheStore_isToldAndTheRestKept()
    {
        await using var mlops = await OpenAsync();
        await LogAsync(mlops, "first");
        await LogAsync(mlops, "second");
        File.Delete(Objects(_folder["store"])[0]);
        Assert.Single((await mlops.BackupAsync(Backup)).Problems);
        Assert.Single((await MlopsClient.RestoreAsync(Backup, Restored)).Problems);
        await using var restored = await MlopsClient.OpenAsync(new MlopsOptions { Path = Restored });
        Assert.False((await restored.CheckAsync()).IsHealthy);
    }

    [Fact]
    public async Task RestoreAsync_objectsDamagedSinceTheBackup_throwsAndLeavesNothing()
    {
        await using var mlops = await OpenAsync();
        await LogAsync(mlops, "first");
        await LogAsync(mlops, "second");
        File.Delete(Objects(_folder["store"])[0]);
        await mlops.BackupAsync(Backup);
        var kept = Objects(Backup).Single();
        File.SetAttributes(kept, FileAttributes.Normal);
        await File.WriteAllTextAsync(kept, "changed");
        var error = await Assert.ThrowsAsync<IntegrityException>(() => MlopsClient.RestoreAsync(Backup, Restored));
        Assert.Contains(Path.GetFileName(kept), error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Restored) || Directory.Exists(Restored + ".restoring"));
    }

    [Fact]
    public async Task BackupAsync_afterOneWithADamagedObjectThatWasRepaired_takesTheRepairedOne()
    {
        await using var mlops = await OpenAsync();
        await LogAsync(mlops, "first");
        var path = Objects(_folder["store"]).Single();
        var sound = await File.ReadAllBytesAsync(path);
        File.SetAttributes(path, FileAttributes.Normal);
        await File.WriteAllTextAsync(path, "changed");
        Assert.Single((await mlops.BackupAsync(Backup)).Problems);
        Assert.Single((await MlopsClient.RestoreAsync(Backup, Restored)).Problems);
        await File.WriteAllBytesAsync(path, sound);
        Assert.Empty((await mlops.BackupAsync(Backup)).Problems);
        Assert.Empty((await MlopsClient.RestoreAsync(Backup, _folder["again"])).Problems);
    }

    [Fact]
    public async Task BackupAsync_folderThatCannotBeWritten_saysSo()
    {
        await using var mlops = await OpenAsync();
        Directory.CreateDirectory(Path.Combine(Backup, "backup.unfinished"));
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => mlops.BackupAsync(Backup));
        Assert.IsType<UnauthorizedAccessException>(error.InnerException);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("root")]
    public async Task RestoreAsync_manifestThatNoBackupHas_isDamaged(string text)
    {
        await using (var mlops = await OpenAsync())
            await mlops.BackupAsync(Backup);
        var manifest = Path.Combine(Backup, "backup.json");
        if (text == "root")
            text = (await File.ReadAllTextAsync(manifest)).Replace("\"root\": \"", "\"root\": \"x", StringComparison.Ordinal);
        await File.WriteAllTextAsync(manifest, text);
        var error = await Assert.ThrowsAsync<IntegrityException>(() => MlopsClient.RestoreAsync(Backup, Restored));
        Assert.Contains(manifest, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("database")]
    [InlineData("manifest")]
    public async Task RestoreAsync_backupDamaged_throwsAndLeavesNothing(string what)
    {
        await using (var mlops = await OpenAsync())
        {
            await LogAsync(mlops, "first");
            await mlops.BackupAsync(Backup);
        }

        if (what == "database")
            Flip(Path.Combine(Backup, "mlops.db"));
        else
            await File.WriteAllTextAsync(Path.Combine(Backup, "backup.json"), "{");
        await Assert.ThrowsAsync<IntegrityException>(() => MlopsClient.RestoreAsync(Backup, Restored));
        Assert.False(Directory.Exists(Restored));
        Assert.False(Directory.Exists(Restored + ".restoring"));
    }

    [Fact]
    public async Task RestoreAsync_folderNotEmpty_isRefused()
    {
        await using (var mlops = await OpenAsync())
            await mlops.BackupAsync(Backup);
        await Assert.ThrowsAsync<ConflictException>(() => MlopsClient.RestoreAsync(Backup, _folder["store"]));
        await Assert.ThrowsAsync<IntegrityException>(() => MlopsClient.RestoreAsync(_folder["nothing"], Restored));
    }

    private static string[] Objects(string store) => Directory.GetFiles(Path.Combine(store, "objects"), "*", SearchOption.AllDirectories);

    private static void Flip(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var at = bytes.AsSpan().LastIndexOf("run.started"u8);
        bytes[at] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private static async Task<RunId> LogAsync(MlopsClient mlops, string text)
    {
        await using var run = await mlops.StartRunAsync("backup");
        run.LogParam("p", 1);
        for (var i = 0; i < 100; i++)
            run.LogMetric("m", i, i);
        await run.LogTextAsync(text, "a.txt");
        Assert.True((await run.CompleteAsync()).IsDurable);
        return run.Id;
    }

    private Task<MlopsClient> OpenAsync() => MlopsClient.OpenAsync(new MlopsOptions { Path = _folder["store"] });

    private sealed class Now(Action<double> report) : IProgress<double>
    {
        public void Report(double value)
        {
            lock (this)
                report(value);
        }
    }
}
