using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Tracking.Tests.Draining;

/// <summary>Journals of dead writers, made by hand and damaged in every way.</summary>
public sealed class RecovererTests
{
    private const int Points = 20_000;

    [Fact]
    public async Task Recover_emptyFolder_isRemovedSilently()
    {
        await using var rig = new Rig();
        WriterFolder.Create(rig.JournalPath, new RecordId(5)).Dispose();
        Assert.Empty(await rig.RecoverAsync());
        Assert.Empty(Directory.EnumerateDirectories(rig.JournalPath));
    }

    [Fact]
    public async Task Recover_onlyAnEmptyFile_isRemovedSilently()
    {
        await using var rig = new Rig();
        var folder = WriterFolder.Create(rig.JournalPath, new RecordId(5));
        await File.WriteAllBytesAsync(Path.Combine(folder.Path, "000000.seg"), []);
        SegmentMemory.CreateFile(Path.Combine(folder.Path, "000001.seg"), 100).Dispose();
        folder.Dispose();
        Assert.Empty(await rig.RecoverAsync());
        Assert.Empty(Directory.EnumerateDirectories(rig.JournalPath));
    }

    [Fact]
    public async Task Recover_undamaged_takesAll()
    {
        await using var rig = new Rig();
        var dead = await DieAsync(rig);
        Assert.Equal(new JournalRecovery(dead.Writer, Points, 0, 0, 0, 0), Assert.Single(await rig.RecoverAsync()));
        Assert.Equal(Numbers(Points), await rig.ValuesAsync(dead.Run, "m"));
        var run = await rig.Runs.GetAsync(dead.Run);
        Assert.Equal((RunStatus.Running, "1", null), (run.Status, run.Params["p"], run.JournalDamage));
        Assert.Empty(await rig.RecoverAsync());
        await rig.AssertSoundAsync();
    }

    [Fact]
    public async Task Recover_storeFailsAtAnyCommit_goesOnAtTheNextOpenExactlyOnce()
    {
        for (var seed = 0; seed < 8; seed++)
        {
            await using var rig = new Rig();
            var dead = await DieAsync(rig);
            if (seed % 2 == 0)
                rig.Store.FailNext(1 + (seed / 2));
            else
                rig.Store.LoseNext(1 + (seed / 2));
            while (Directory.EnumerateDirectories(rig.JournalPath).Any())
                await rig.RecoverAsync();
            Assert.Equal(Numbers(Points), await rig.ValuesAsync(dead.Run, "m"));
            Assert.NotEmpty(rig.Log.Of(4008));
        }
    }

    [Fact]
    public async Task Recover_manyAtOnce_takesEachJournalOnce()
    {
        await using var rig = new Rig();
        List<Dead> dead = [];
        for (var i = 0; i < 4; i++)
            dead.Add(await DieAsync(rig));
        var found = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => rig.RecoverAsync())));
        Assert.Equal(dead.Select(d => d.Writer).Order(), found.SelectMany(f => f).Where(f => f.Points > 0).Select(f => f.Writer).Order());
        foreach (var d in dead)
            Assert.Equal(Numbers(Points), await rig.ValuesAsync(d.Run, "m"));
        await rig.RecoverAsync();
        Assert.Empty(Directory.EnumerateDirectories(rig.JournalPath));
    }

    [Fact]
    public async Task Recover_lastFileTruncated_keepsWhatPrecedesAndSaysSo()
    {
        await using var rig = new Rig();
        var dead = await DieAsync(rig);
        var file = dead.Files[^1];
        using (var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite))
            RandomAccess.SetLength(handle, SegmentHeader.PageBytes + (1000 * Slot.SizeBytes) + 7);
        var recovery = Assert.Single(await rig.RecoverAsync());
        Assert.Equal((1L, 0L), (recovery.DamagedSegments, recovery.DamagedSlots));
        var kept = await AssertSubsetAsync(rig, dead, recovery);
        Assert.Equal(Numbers(kept.Length), kept);
        Assert.InRange(kept.Length, 3_000, 4_000);
        await AssertDamageIsToldAsync(rig, dead, "0 slots and 1 segments");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Recover_bitsFlipped_keepsEveryUndamagedPoint(int seed)
    {
        await using var rig = new Rig();
        var dead = await DieAsync(rig);
        var random = new Random(seed);
        var bytes = await File.ReadAllBytesAsync(dead.Files[^1]);
        HashSet<int> hit = [];
        for (var i = 0; i < 50; i++)
        {
            // not in the first slots, where the definitions stand: they have a test of their own
            var slot = random.Next(100, 10_000);
            hit.Add(slot);
            bytes[SegmentHeader.PageBytes + (slot * Slot.SizeBytes) + random.Next(Slot.SizeBytes)] ^= (byte)(1 << random.Next(8));
        }

        await File.WriteAllBytesAsync(dead.Files[^1], bytes);
        var recovery = Assert.Single(await rig.RecoverAsync());
        Assert.Equal((0L, Points - recovery.DamagedSlots - recovery.Holes), (recovery.DamagedSegments, recovery.Points));
        Assert.InRange(recovery.DamagedSlots, hit.Count - 4, hit.Count);
        await AssertSubsetAsync(rig, dead, recovery);
        await AssertDamageIsToldAsync(rig, dead, $"{recovery.DamagedSlots} slots and 0 segments");
    }

    [Fact]
    public async Task Recover_damageBesideAPurgedRun_countsEachOnce()
    {
        // a pass that the store refuses is read again without what is gone, and must not count again what it counted
        await using var rig = new Rig();
        var dead = await DieAsync(rig, runs: 2);
        await rig.Real.CommitAsync(new Batch
        {
            Actor = "tester",
            ClientTime = DateTimeOffset.UnixEpoch,
            Changes = [new RecordChange { Id = dead.Runs[1].Value, Kind = RunRecord.Kind, Mode = ChangeMode.Update, Action = "run.purged", Purge = true }],
        });
        Flip(dead.Files[1], slot: 5000);
        Flip(dead.Files[1], slot: 5001);
        var recovery = Assert.Single(await rig.RecoverAsync());
        Assert.Equal(2, recovery.DamagedSlots);
        Assert.Equal(0, recovery.Holes);

        // each point is stored, rejected with its run, or damaged; the purged run's parameter is rejected too
        Assert.Equal((2 * Points) + 1, recovery.Points + recovery.Rejected + recovery.DamagedSlots);
        Assert.Equal(recovery.Points, (await rig.ValuesAsync(dead.Run, "m")).Length);
        await rig.AssertSoundAsync();
    }

    [Fact]
    public async Task Recover_firstFileIsGarbage_keepsTheOthersAndSaysSo()
    {
        await using var rig = new Rig();
        var dead = await DieAsync(rig);
        var garbage = new byte[new FileInfo(dead.Files[0]).Length];
        new Random(1).NextBytes(garbage);
        await File.WriteAllBytesAsync(dead.Files[0], garbage);
        var recovery = Assert.Single(await rig.RecoverAsync());
        Assert.Equal((1L, 0L), (recovery.DamagedSegments, recovery.DamagedSlots));
        var kept = await AssertSubsetAsync(rig, dead, recovery);
        Assert.Equal(Numbers(Points).TakeLast(kept.Length), kept);
        Assert.InRange(kept.Length, 17_000, 19_000);
        await AssertDamageIsToldAsync(rig, dead, "0 slots and 1 segments");
    }

    [Fact]
    public async Task Recover_everyFileIsGarbage_saysSoAndLetsGo()
    {
        await using var rig = new Rig();
        var dead = await DieAsync(rig);
        foreach (var file in dead.Files)
            await File.WriteAllTextAsync(file, new string('g', 10_000));
        var recovery = Assert.Single(await rig.RecoverAsync());
        Assert.Equal(new JournalRecovery(dead.Writer, 0, 0, 0, dead.Files.Count, 0), recovery);
        await rig.AssertSoundAsync();
    }

    [Fact]
    public async Task Recover_oneCopyOfTheHeaderDamaged_losesNothing()
    {
        await using var rig = new Rig();
        var dead = await DieAsync(rig);
        foreach (var file in dead.Files)
            Overwrite(file, 0, 64);
        Assert.Equal(new JournalRecovery(dead.Writer, Points, 0, 0, 0, 0), Assert.Single(await rig.RecoverAsync()));
        Assert.Equal(Numbers(Points), await rig.ValuesAsync(dead.Run, "m"));
    }

    [Fact]
    public async Task Recover_definitionDamaged_losesThatMetricInThatFileOnlyAndSaysSo()
    {
        await using var rig = new Rig();
        var dead = await DieAsync(rig);
        Flip(dead.Files[^1], slot: 0);
        var recovery = Assert.Single(await rig.RecoverAsync());
        Assert.True(recovery.DamagedSlots >= 1);
        var values = await rig.ValuesAsync(dead.Run, "m");

        // the segment before defines the key as well, so its points are known in the damaged one too
        Assert.Equal(Numbers(Points), values);
        await AssertDamageIsToldAsync(rig, dead, $"{recovery.DamagedSlots} slots and 0 segments");
    }

    [Fact]
    public async Task Recover_threadDiedInTheMiddleOfASlotOfARecycledSegment_isAHoleAndNoDamage()
    {
        await using var rig = new Rig();
        var run = await StartedRunAsync(rig);
        var writer = new RecordId(42);
        var folder = WriterFolder.Create(rig.JournalPath, writer);
        var memory = SegmentMemory.CreateFile(Path.Combine(folder.Path, "000000.seg"), 1000);
        WriteLap(memory, writer, 0, run);
        memory.Recycle(0, 1000);
        var segment = WriteLap(memory, writer, 1000, run, slots: 500);
        Tear(segment, 400);
        memory.Dispose();
        folder.Dispose();
        await rig.Real.CommitAsync(new Batch { Actor = "t", ClientTime = default, Key = new BatchKey(writer, 1000), Changes = [RunRecord.Logged(run, [RunRecord.Tag("x", "y")])] });
        var recovery = Assert.Single(await rig.RecoverAsync());
        Assert.Equal((1L, 0L, 0L), (recovery.Holes, recovery.DamagedSlots, recovery.DamagedSegments));
        Assert.Null((await rig.Runs.GetAsync(run)).JournalDamage);
    }

    [Fact]
    public async Task Recover_journalEndedInMemory_saysSo()
    {
        // the second file is not to be had: what does not fit into the first stands in memory, and dies with the process
        await using var rig = new Rig();
        var dead = await DieAsync(rig, createSegment: Rig.OnlyOneFile(), leastFiles: 1);
        var recovery = Assert.Single(await rig.RecoverAsync());
        Assert.True(recovery.EndedInMemory);
        var kept = await rig.ValuesAsync(dead.Run, "m");
        Assert.Equal(Numbers(kept.Length), kept);
        Assert.InRange(kept.Length, 2_000, 3_000);
        await AssertDamageIsToldAsync(rig, dead, "ended in memory, of which nothing is left; 0 slots and 0 segments");
    }

    [Fact]
    public async Task Recover_journalInMemoryWasDrainedUpToNow_stillSaysSo()
    {
        // the file before is drained and would be deleted, but it alone can tell that memory followed
        await using var rig = new Rig();
        var elsewhere = rig.Folder["elsewhere"];
        var tracker = rig.Open(o => o with { JournalPath = elsewhere }, Rig.OnlyOneFile());
        var run = await tracker.StartRunAsync("recovered");
        for (var i = 0; i < 10_000; i++)
            run.LogMetric("m", i, i);
        await tracker.FlushAsync();
        var file = Assert.Single(Directory.EnumerateFiles(Path.Combine(elsewhere, tracker.Writer.ToString()), "*.seg"));
        var folder = Directory.CreateDirectory(Path.Combine(rig.JournalPath, tracker.Writer.ToString())).FullName;
        File.Copy(file, Path.Combine(folder, "000000.seg"));
        var recovery = Assert.Single(await rig.RecoverAsync());
        Assert.Equal((0L, 0L, true), (recovery.Points, recovery.DamagedSlots, recovery.EndedInMemory));
        Assert.Contains("ended in memory", (await rig.Runs.GetAsync(run.Id)).JournalDamage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recover_memoryBetweenFilesKnownToTheStore_isNoDamage()
    {
        await using var rig = new Rig();
        var run = await StartedRunAsync(rig);
        var writer = new RecordId(42);
        var folder = WriterFolder.Create(rig.JournalPath, writer);
        foreach (var @base in new[] { 0, 3000 })
        {
            using var memory = SegmentMemory.CreateFile(Path.Combine(folder.Path, $"{@base:D6}.seg"), 1000);
            WriteLap(memory, writer, @base, run);
        }

        folder.Dispose();
        await rig.Real.CommitAsync(new Batch { Actor = "t", ClientTime = default, Key = new BatchKey(writer, 2900), Changes = [RunRecord.Logged(run, [RunRecord.Tag("x", "y")])] });
        var recovery = Assert.Single(await rig.RecoverAsync());
        Assert.Equal((100L, false), (recovery.DamagedSlots, recovery.EndedInMemory));
    }

    [Fact]
    public async Task Recover_recycledSegment_takesNothingOfTheLapBefore()
    {
        await using var rig = new Rig();
        var run = await StartedRunAsync(rig);
        var writer = new RecordId(42);
        var folder = WriterFolder.Create(rig.JournalPath, writer);
        var memory = SegmentMemory.CreateFile(Path.Combine(folder.Path, "000000.seg"), 1000);
        var first = WriteLap(memory, writer, 0, run);
        memory.Recycle(0, 1000);
        var second = WriteLap(memory, writer, 1000, run, slots: 300);
        memory.Dispose();
        folder.Dispose();
        await rig.Real.CommitAsync(new Batch { Actor = "t", ClientTime = default, Key = new BatchKey(writer, 1000), Changes = [RunRecord.Logged(run, [RunRecord.Tag("x", "y")])] });
        var recovery = Assert.Single(await rig.RecoverAsync());
        Assert.Equal((0L, 0L, 0L, 0L), (recovery.Holes, recovery.DamagedSlots, recovery.DamagedSegments, recovery.Rejected));
        var values = await rig.ValuesAsync(run, "m");
        Assert.Equal(recovery.Points, values.Length);
        Assert.All(values, v => Assert.InRange(v, 1000, 1299));
        Assert.Equal(values.Order(), values);
    }

    [Fact]
    public async Task Recover_whatTheDeadWriterHadOnItsWayArrivesMeanwhile_takesEachPointOnce()
    {
        await using var rig = new Rig();
        var run = await StartedRunAsync(rig);
        var writer = new RecordId(42);
        var folder = WriterFolder.Create(rig.JournalPath, writer);
        using (var memory = SegmentMemory.CreateFile(Path.Combine(folder.Path, "000000.seg"), 1000))
            WriteLap(memory, writer, 0, run);
        folder.Dispose();
        var first = Enumerable.Range(3, 500).ToList();
        Task? late = null;
        var store = new FaultyStore(rig.Real)
        {
            Step = _ => late ??= rig.Real.CommitAsync(new Batch
            {
                Actor = "t",
                ClientTime = default,
                Key = new BatchKey(writer, 503, 0),
                Appends =
                [
                    new SeriesAppend(
                        run.Value,
                        RunRecord.MetricSeries("m"),
                        SeriesColumns.OfNumbers(first.ConvertAll(i => (long)i).ToArray(), new long[500], first.ConvertAll(i => (double)i).ToArray())),
                ],
            }),
        };
        var recovery = Assert.Single(await new Recoverer(store, rig.Content, rig.Options, rig.Log).RecoverAsync(CancellationToken.None));
        await late!;
        Assert.Equal((497L, 0L, 0L), (recovery.Points, recovery.DamagedSlots, recovery.Holes));
        Assert.Equal(Enumerable.Range(3, 997).Select(i => (double)i), await rig.ValuesAsync(run, "m"));
    }

    [Fact]
    public async Task Recover_endedBeforeItToldOfDamage_theNextTellsOfIt()
    {
        await using var rig = new Rig();
        var dead = await DieAsync(rig);
        Flip(dead.Files[1], slot: 5000);
        var commits = 0;
        var store = new FaultyStore(rig.Real)
        {
            Step = when =>
            {
                if (when == "before commit" && ++commits == 2)
                    throw new StorageUnavailableException("The store went away before the damage was told.");
            },
        };
        Assert.Empty(await new Recoverer(store, rig.Content, rig.Options, rig.Log).RecoverAsync(CancellationToken.None));
        Assert.Null((await rig.Runs.GetAsync(dead.Run)).JournalDamage);
        Assert.Equal(new JournalRecovery(dead.Writer, 0, 0, 1, 0, 0), Assert.Single(await rig.RecoverAsync()));
        await AssertDamageIsToldAsync(rig, dead, "1 slots and 0 segments");
    }

    [Fact]
    public async Task Recover_objectsAway_asksForTheContentsOfOneJournalOnly()
    {
        await using var rig = new Rig();
        var (isAway, asked) = (true, 0);
        var content = new ContentStore(new GatedObjects(new FolderObjectStore(rig.Folder["objects"]), _ =>
        {
            asked++;
            return isAway ? throw new StorageUnavailableException("The bucket is away.") : Task.CompletedTask;
        }));
        List<RunId> runs = [];
        for (var i = 0; i < 3; i++)
        {
            var tracker = rig.Open(o => o with { FlushBound = TimeSpan.FromMilliseconds(50) }, content: content);
            var run = await tracker.StartRunAsync("waiting");
            await run.LogTextAsync($"notes {i}", "notes.md");
            runs.Add(run.Id);
            await tracker.DisposeAsync();
        }

        var recoverer = new Recoverer(rig.Store, content, rig.Options, rig.Log);
        asked = 0;
        Assert.Empty(await recoverer.RecoverAsync(CancellationToken.None));
        Assert.True(recoverer.HasLeft);
        Assert.Equal(1, asked);

        isAway = false;
        Assert.Equal(3, (await new Recoverer(rig.Store, content, rig.Options, rig.Log).RecoverAsync(CancellationToken.None)).Count);
        foreach (var run in runs)
            Assert.Equal("notes.md", Assert.Single(await rig.Runs.ListArtifactsAsync(run)).Path.Value);
    }

    private static unsafe Segment WriteLap(SegmentMemory memory, RecordId writer, long @base, RunId run, int slots = 1000)
    {
        var segment = new Segment(memory);
        segment.Begin(@base, writer, time: 0);
        var series = System.Text.Encoding.UTF8.GetBytes(RunRecord.MetricSeries("m"));
        var payload = new byte[4 + RecordId.SizeBytes + series.Length];
        payload[0] = 1;
        run.Value.Write(payload.AsSpan(4));
        series.CopyTo(payload, 4 + RecordId.SizeBytes);
        var frame = Slot.CountFor(payload.Length);
        Assert.True(segment.TryReserve(frame, out _));
        var padded = new byte[Slot.HeadPayload + ((frame - 1) * Slot.BodyPayload)];
        payload.CopyTo(padded, 0);
        segment.Write(0, Slot.HeadKey, ((long)payload.Length << 32) | (uint)FrameKind.Key, BitConverter.ToInt64(padded, 0));
        for (var i = 1; i < frame; i++)
        {
            var at = Slot.HeadPayload + ((i - 1) * Slot.BodyPayload);
            segment.Write(i, Slot.BodyKey, BitConverter.ToInt64(padded, at), BitConverter.ToInt64(padded, at + 8));
        }

        while (segment.Reserved < slots && segment.TryReserve(1, out var index))
        {
            Assert.True(Slot.TryPack(@base + index, 0, out var packed));
            segment.Write(index, 1, packed, BitConverter.DoubleToInt64Bits(@base + index));
        }

        return segment;
    }

    /// <summary>Leaves a slot as a writer does who dies between the stores: key and an empty commit word, the rest of the lap before.</summary>
    private static unsafe void Tear(Segment segment, int index)
    {
        var slot = segment.At(index);
        *(ulong*)slot = 1;
        *(long*)(slot + 8) = 12345;
        Assert.False(segment.IsCommitted(index));
    }

    private static async Task<RunId> StartedRunAsync(Rig rig)
    {
        var tracker = rig.Open();
        var run = await tracker.StartRunAsync("recovered");
        await run.CompleteAsync();
        await tracker.DisposeAsync();
        return run.Id;
    }

    private static double[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => (double)i)];

    /// <summary>A writer dies with everything but its start still in the journal.</summary>
    private static async Task<Dead> DieAsync(
        Rig rig, int runs = 1, Func<string, int, SegmentMemory>? createSegment = null, int leastFiles = 2)
    {
        // apart from the others, whose recovery would otherwise begin as this one opens
        var elsewhere = rig.Folder["elsewhere"];
        var tracker = rig.Open(o => o with { FlushBound = TimeSpan.FromMilliseconds(50), JournalPath = elsewhere }, createSegment);
        var copy = rig.Folder["copy"];
        List<ActiveRun> started = [];
        for (var r = 0; r < runs; r++)
            started.Add(await tracker.StartRunAsync("recovered"));

        // the bound is short, and a busy machine may need several
        while (!(await tracker.FlushAsync()).IsDurable)
        {
        }

        rig.Store.IsAway = true;
        foreach (var run in started)
            run.LogParam("p", 1);
        for (var i = 0; i < Points; i++)
        {
            foreach (var run in started)
                run.LogMetric("m", i, i);
        }

        // its files are put aside as they are now: what it does until it is gone did not happen
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(elsewhere, tracker.Writer.ToString()), "*.seg"))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        await tracker.DisposeAsync();
        Directory.Delete(elsewhere, recursive: true);
        Directory.CreateDirectory(rig.JournalPath);
        var folder = Path.Combine(rig.JournalPath, tracker.Writer.ToString());
        Directory.Move(copy, folder);
        rig.Store.IsAway = false;
        List<string> used = [];
        foreach (var file in Directory.EnumerateFiles(folder, "*.seg").Order(StringComparer.Ordinal))
        {
            if (SegmentHeader.Read(await File.ReadAllBytesAsync(file)) is not null)
                used.Add(file);
        }

        Assert.True(used.Count >= leastFiles);
        return new Dead(tracker.Writer, [.. started.Select(s => s.Id)], used);
    }

    private static void Flip(string file, int slot)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        var one = new byte[1];
        var at = SegmentHeader.PageBytes + (slot * Slot.SizeBytes) + 20;
        RandomAccess.Read(handle, one, at);
        one[0] ^= 4;
        RandomAccess.Write(handle, one, at);
    }

    private static void Overwrite(string file, long at, int length)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        var garbage = new byte[length];
        new Random(9).NextBytes(garbage);
        RandomAccess.Write(handle, garbage, at);
    }

    private static async Task<double[]> AssertSubsetAsync(Rig rig, Dead dead, JournalRecovery recovery)
    {
        var values = await rig.ValuesAsync(dead.Run, "m");
        Assert.Equal(recovery.Points, values.Length);
        Assert.Equal(values.Distinct().Order(), values);
        Assert.All(values, v => Assert.True(v == Math.Floor(v) && v is >= 0 and < Points, $"nobody logged {v}"));
        await rig.AssertSoundAsync();
        return values;
    }

    private static async Task AssertDamageIsToldAsync(Rig rig, Dead dead, string what)
    {
        var damage = (await rig.Runs.GetAsync(dead.Run)).JournalDamage;
        Assert.Equal($"journal {dead.Writer}: {what} unreadable", damage);
        Assert.Contains(rig.Log.Of(4007), text => text.Contains(dead.Writer.ToString(), StringComparison.Ordinal));
    }

    private sealed record Dead(RecordId Writer, IReadOnlyList<RunId> Runs, IReadOnlyList<string> Files)
    {
        public RunId Run => Runs[0];
    }
}
