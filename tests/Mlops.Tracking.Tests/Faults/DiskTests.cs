using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Tracking.Tests.Faults;

/// <summary>Disks that are full, read-only or slow: the kernel's own answers, on a small file system.</summary>
public sealed class DiskTests
{
    [SkippableFact]
    public async Task LogMetric_journalDiskFull_keepsPointsInMemoryAndSaysSo()
    {
        using var disk = TinyDisk.Mount(3 << 20);
        await using (var rig = new Rig())
        {
            var tracker = rig.Open(o => o with { JournalPath = Path.Combine(disk.Path, "journal") });
            var run = await tracker.StartRunAsync("full");
            await tracker.FlushAsync();
            var gate = new TaskCompletionSource();
            rig.Store.Gate = gate.Task;
            for (var i = 0; i < 200_000; i++)
                run.LogMetric("m", i, i);
            run.LogParam("p", 1);
            gate.SetResult();
            Assert.True((await run.CompleteAsync()).IsDurable);
            Assert.Equal(0, run.DroppedPoints);
            Assert.Equal(Enumerable.Range(0, 200_000).Select(i => (double)i), await rig.ValuesAsync(run.Id, "m"));
            Assert.Equal((RunStatus.Finished, "1"), (await rig.Runs.GetAsync(run.Id)) is var r ? (r.Status, r.Params["p"]) : default);
            Assert.NotEmpty(rig.Log.Of(4014));
            Assert.True((await rig.Runs.GetAsync(run.Id)).JournalGaps > 0);
        }
    }

    [SkippableFact]
    public async Task Open_journalDiskFullFromTheStart_tracksAllTheSame()
    {
        using var disk = TinyDisk.Mount(16 << 10);
        await using var rig = new Rig();
        var tracker = rig.Open(o => o with { JournalPath = Path.Combine(disk.Path, "journal") });
        var run = await tracker.StartRunAsync("full");
        for (var i = 0; i < 50_000; i++)
            run.LogMetric("m", i, i);
        Assert.True((await run.CompleteAsync()).IsDurable);
        Assert.Equal(50_000, (await rig.Runs.GetAsync(run.Id)).Metrics["m"].Count + run.DroppedPoints);
        Assert.Equal(0, run.DroppedPoints);
    }

    [SkippableFact]
    public async Task CompleteAsync_databaseDiskFull_theJournalKeepsItUntilThereIsRoom()
    {
        using var disk = TinyDisk.Mount(8 << 20);
        var ballast = Path.Combine(disk.Path, "ballast");
        await using (var rig = new Rig(databaseFolder: disk.Path))
        {
            var tracker = rig.Open(o => o with { FlushBound = TimeSpan.FromMilliseconds(500) });
            var run = await tracker.StartRunAsync("full");
            Assert.True((await tracker.FlushAsync()).IsDurable);
            Fill(ballast);
            var random = new Random(1);
            var values = Enumerable.Range(0, 300_000).Select(_ => random.NextDouble()).ToArray();
            for (var i = 0; i < values.Length; i++)
                run.LogMetric("m", values[i], i);
            run.LogParam("p", 1);
            var report = await run.CompleteAsync();
            Assert.False(report.IsDurable);

            // on a busy machine the bound may pass before the first try has failed
            using var patience = new CancellationTokenSource(Rig.Patience);
            while (report.Cause is null)
                report = await tracker.FlushAsync(patience.Token);
            Assert.Contains("full", Assert.IsType<StorageUnavailableException>(report.Cause).Message, StringComparison.Ordinal);
            Assert.Equal(0, report.DroppedPoints);

            File.Delete(ballast);
            await Rig.FlushUntilDrainedAsync(tracker);
            Assert.Equal(values, await rig.ValuesAsync(run.Id, "m"));
            Assert.Equal((RunStatus.Finished, "1"), (await rig.Runs.GetAsync(run.Id)) is var r ? (r.Status, r.Params["p"]) : default);
            await rig.AssertSoundAsync();
        }
    }

    [SkippableFact]
    public async Task LogArtifactAsync_objectDiskFull_isUnavailableAndTheRunGoesOn()
    {
        using var disk = TinyDisk.Mount(1 << 20);
        await using var rig = new Rig();
        var tracker = rig.Open(content: new ContentStore(new FolderObjectStore(Path.Combine(disk.Path, "objects"))));
        var run = await tracker.StartRunAsync("full");
        var large = rig.Folder["large"];
        await File.WriteAllBytesAsync(large, new byte[2 << 20]);
        var refused = await Assert.ThrowsAsync<StorageUnavailableException>(() => run.LogArtifactAsync(large));
        Assert.Contains("the disk is full", refused.Message, StringComparison.Ordinal);
        run.LogMetric("m", 1).LogParam("p", 1);
        await run.LogTextAsync("small", "small.txt");
        Assert.True((await run.CompleteAsync()).IsDurable);
        Assert.Equal(["small.txt"], (await rig.Runs.ListArtifactsAsync(run.Id)).Select(a => a.Path.Value));
    }

    [SkippableFact]
    public async Task OpenAsync_readOnlyDisk_namesTheRemedy()
    {
        using var disk = TinyDisk.Mount(32 << 20);
        var path = Path.Combine(disk.Path, ".mlops");
        await using (var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = path }))
            await mlops.RunAsync("e", run => Task.FromResult(run.LogMetric("m", 1)));
        disk.MakeReadOnly();
        var existing = await Assert.ThrowsAsync<StorageUnavailableException>(() => MlopsClient.OpenAsync(new MlopsOptions { Path = path }));
        Assert.Contains(path, existing.Message, StringComparison.Ordinal);
        Assert.Contains("allow", existing.Message, StringComparison.Ordinal);
        var absent = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => MlopsClient.OpenAsync(new MlopsOptions { Path = Path.Combine(disk.Path, "new") }));
        Assert.Contains("writable", absent.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LogMetric_journalFilesAreSlowToCome_losesNothing()
    {
        using var slow = new SemaphoreSlim(0);
        await using var rig = new Rig();
        var tracker = rig.Open(createSegment: WaitFor(slow));
        var run = await tracker.StartRunAsync("slow");
        for (var i = 0; i < 300_000; i++)
        {
            run.LogMetric("m", i, i);
            if (i % 50_000 == 0)
                slow.Release();
        }

        slow.Release(1000);
        Assert.True((await run.CompleteAsync()).IsDurable);
        Assert.Equal(0, run.DroppedPoints);
        Assert.Equal(Enumerable.Range(0, 300_000).Select(i => (double)i), await rig.ValuesAsync(run.Id, "m"));
    }

    [Fact]
    public async Task LogMetric_manyThreadsWaitForAFile_losesNothing()
    {
        using var never = new SemaphoreSlim(0);
        await using var rig = new Rig();
        var tracker = rig.Open(createSegment: WaitFor(never));
        var run = await tracker.StartRunAsync("slow");
        var loggers = Enumerable.Range(0, 16).Select(t => new Thread(() =>
        {
            for (var i = 0; i < 20_000; i++)
                run.LogMetric($"m{t}", i, i);
        })).ToList();
        loggers.ForEach(l => l.Start());
        loggers.ForEach(l => l.Join());

        never.Release(1000);
        Assert.True((await run.CompleteAsync()).IsDurable);
        Assert.Equal(0, run.DroppedPoints);
        Assert.Equal(Enumerable.Range(0, 20_000).Select(i => (double)i), await rig.ValuesAsync(run.Id, "m7"));
    }

    [Fact]
    public async Task LogMetric_journalFilesFailNowAndThen_losesNothing()
    {
        var random = new Random(11);
        await using var rig = new Rig();
        var tracker = rig.Open(createSegment: (path, slots) =>
            random.Next(2) == 0 ? throw new IOException("seeded fault") : SegmentMemory.CreateFile(path, slots));
        var run = await tracker.StartRunAsync("faulty");
        for (var i = 0; i < 500_000; i++)
            run.LogMetric("m", i, i);
        Assert.True((await run.CompleteAsync()).IsDurable);
        Assert.Equal(0, run.DroppedPoints);
        Assert.Equal(Enumerable.Range(0, 500_000).Select(i => (double)i), await rig.ValuesAsync(run.Id, "m"));
        Assert.NotEmpty(rig.Log.Of(4014));
    }

    [Fact]
    public async Task OpenAsync_storeFromTheFuture_isRefusedAndNothingChanges()
    {
        using var folder = new TemporaryFolder();
        var path = folder["store"];
        await using (var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = path }))
            await mlops.RunAsync("e", run => Task.FromResult(run.LogMetric("m", 1)));
        var database = Path.Combine(path, "mlops.db");
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={database};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "UPDATE store SET format = 99, oldest_reader = 98, oldest_writer = 99; PRAGMA wal_checkpoint(TRUNCATE)";
            command.ExecuteNonQuery();
        }

        var before = await File.ReadAllBytesAsync(database);
        var refused = await Assert.ThrowsAsync<StoreVersionException>(() => MlopsClient.OpenAsync(new MlopsOptions { Path = path }));
        Assert.Contains("format 98", refused.Message, StringComparison.Ordinal);
        Assert.Contains("upgrade", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(database));
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(path, "journal")));
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in (int[])[1 << 20, 1 << 16, 1 << 12])
        {
            var block = new byte[size];
            try
            {
                while (true)
                    file.Write(block);
            }
            catch (IOException)
            {
                // that size does not fit any more
            }
        }
    }

    /// <summary>From the third file on, each waits for the gate.</summary>
    private static Func<string, int, SegmentMemory> WaitFor(SemaphoreSlim gate)
    {
        var files = 0;
        return (path, slots) =>
        {
            if (Interlocked.Increment(ref files) > 2)
                gate.Wait();
            return SegmentMemory.CreateFile(path, slots);
        };
    }
}
