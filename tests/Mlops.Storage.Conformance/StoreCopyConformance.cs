using Xunit;

namespace Mlops.Storage.Conformance;

/// <summary>What copying from one store to another promises, whatever the two are.</summary>
public abstract class StoreCopyConformance : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-copy-").FullName;
    private readonly IdGenerator _ids = new();
    private IMetadataStore _from = null!;
    private IMetadataStore _to = null!;

    private ContentStore FromContent => new(new FolderObjectStore(Path.Combine(_folder, "from")));

    private ContentStore ToContent => new(new FolderObjectStore(Path.Combine(_folder, "to")));

    public async Task InitializeAsync()
    {
        _from = await OpenSourceAsync();
        _to = await OpenTargetAsync();
    }

    public async Task DisposeAsync()
    {
        await _from.DisposeAsync();
        await _to.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>An empty store.</summary>
    protected abstract Task<IMetadataStore> OpenSourceAsync();

    /// <summary>Another empty store.</summary>
    protected abstract Task<IMetadataStore> OpenTargetAsync();

    /// <summary>The source as a restore of a backup that is taken now would bring it back.</summary>
    protected abstract Task<IMetadataStore> BackUpSourceAsync(IMetadataStore source);

    [SkippableFact]
    public async Task RunAsync_everything_is_there_and_again_is_nothing()
    {
        var runs = await FillAsync(_from, runs: 3);
        var report = await CopyAsync(_from, _to);
        Assert.Equal((7L, 2L, 0), (report.Records, report.Objects, report.Differences.Count));
        Assert.Equal(3 * 20_010, report.Points);
        await AssertSameAsync(runs);
        var artifacts = await _to.QueryAsync(new RecordQuery { Kind = "artifact" });
        Assert.All(artifacts.Records, a => Assert.Equal((true, "run|file"), (a.IsSealed, string.Join('|', a.Seal))));
        Assert.Equal("content 1", System.Text.Encoding.UTF8.GetString(await ToContent.ReadAllAsync(Digest.Of("content 1"u8))));

        var feed = (await _to.CreateCheckpointAsync()).Position;
        var again = await CopyAsync(_from, _to);
        Assert.Equal((0L, 0L, 0L, 0), (again.Records, again.Points, again.Objects, again.Differences.Count));
        Assert.Equal(feed, (await _to.CreateCheckpointAsync()).Position);

        var back = await CopyAsync(_to, _from);
        Assert.Equal((0L, 0L, 0L, 0), (back.Records, back.Points, back.Objects, back.Differences.Count));
        Assert.True((await _to.VerifyAsync()).IsSound);
    }

    [SkippableFact]
    public async Task RunAsync_target_has_the_list_of_chunks_without_its_chunks_copies_the_content()
    {
        var bytes = new byte[3_000_000];
        new Random(1).NextBytes(bytes);
        var digest = (await FromContent.PutAsync(bytes)).Digest;
        await _from.CommitAsync(Of(Change(ChangeMode.Create, _ids.Next(), FieldWrite.Set("content", FieldValue.Digest(digest)))));

        // as an index has it that was made anew of packs that a collection left
        var toContent = new ContentStore(new FolderObjectStore(Path.Combine(_folder, "to")), _to);
        await toContent.PutAsync(bytes);
        var chunks = await _to.ListCellsAsync("chunk/");
        await _to.CommitAsync(new Batch { Actor = "ada", ClientTime = Start, Cells = [.. chunks.Select(c => new CellWrite { Key = c.Key })] });

        var report = await new StoreCopy(_from, FromContent, _to, toContent, "ada", TimeProvider.System).RunAsync();
        Assert.Equal((1L, 0), (report.Objects, report.Differences.Count));
        Assert.Equal(bytes, await toContent.ReadAllAsync(digest));
    }

    [SkippableFact]
    public async Task RunAsync_source_goes_on_copies_what_changed()
    {
        var runs = await FillAsync(_from, runs: 2);
        await CopyAsync(_from, _to);
        await _from.CommitAsync(Of(
            Change(ChangeMode.Update, runs[0], FieldWrite.Set("status", FieldValue.Text("FINISHED")), FieldWrite.Remove("many"))));
        await _from.CommitAsync(Of(new SeriesAppend(runs[0], "m", Numbers(20_000, 5_000)), new SeriesAppend(runs[0], "new", Numbers(0, 3))));
        await _from.CommitAsync(Of(Change(ChangeMode.Update, runs[1]) with { Purge = true }));
        var report = await CopyAsync(_from, _to);
        Assert.Equal((2L, 5_003L, 0), (report.Records, report.Points, report.Differences.Count));
        await AssertSameAsync([runs[0]]);
        Assert.True((await _to.FindRecordAsync(runs[1]))!.IsPurged);
    }

    [SkippableFact]
    public async Task RunAsync_target_has_purged_a_record_leaves_it_gone_and_copies_the_rest()
    {
        var runs = await FillAsync(_from, runs: 2);
        await CopyAsync(_from, _to);
        await _to.CommitAsync(Of(Change(ChangeMode.Update, runs[0]) with { Purge = true }));
        await _from.CommitAsync(Of(new SeriesAppend(runs[0], "m", Numbers(20_000, 5)), new SeriesAppend(runs[1], "m", Numbers(20_000, 5))));
        Assert.Equal(5, (await CopyAsync(_from, _to)).Points);
        Assert.True((await _to.FindRecordAsync(runs[0]))!.IsPurged);
        await AssertSameAsync([runs[1]]);
    }

    [SkippableFact]
    public async Task RunAsync_target_has_a_series_of_another_type_says_so()
    {
        var run = (await FillAsync(_from, runs: 1))[0];
        await CopyAsync(_from, _to);
        await _to.CommitAsync(Of(new SeriesAppend(run, "new", SeriesColumns.OfTexts(new long[1], new long[1], (string[])["text"]))));
        await _from.CommitAsync(Of(new SeriesAppend(run, "new", Numbers(0, 3))));
        Assert.Contains("'new'", Assert.Single((await CopyAsync(_from, _to)).Differences), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task RunAsync_run_begins_meanwhile_comes_with_this_copy_or_the_next()
    {
        var runs = await FillAsync(_from, runs: 1);
        var gate = new TaskCompletionSource();
        var line = new FaultyStore(_to) { Gate = gate.Task };
        var copying = new StoreCopy(_from, FromContent, line, ToContent, "ada", TimeProvider.System).RunAsync();
        var late = _ids.Next();
        await _from.CommitAsync(Of(Change(ChangeMode.Create, late)));
        await _from.CommitAsync(Of(new SeriesAppend(late, "m", Numbers(0, 100))));
        gate.SetResult();
        await copying;
        await CopyAsync(_from, _to);
        await AssertSameAsync([runs[0], late]);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_target_fails_at_any_commit_begins_again_and_doubles_nothing(bool loses)
    {
        var runs = await FillAsync(_from, runs: 3, points: 600_000);
        var line = new FaultyStore(_to);
        var failures = 0;
        for (var isDone = false; !isDone;)
        {
            // each try gets one commit further than the one before
            var copy = new StoreCopy(_from, FromContent, line, ToContent, "ada", TimeProvider.System);
            var arm = new Now(_ =>
            {
                if (loses)
                    line.LoseNext(1);
                else
                    line.FailNext(1);
            });
            try
            {
                await copy.RunAsync(arm);
                isDone = true;
            }
            catch (StorageUnavailableException)
            {
                failures++;
            }
        }

        Assert.True(failures >= 2, $"only {failures} commits failed");
        line.FailNext(0);
        line.LoseNext(0);
        Assert.Empty((await CopyAsync(_from, _to)).Differences);
        await AssertSameAsync(runs);
    }

    [SkippableFact]
    public async Task RunAsync_target_has_the_same_key_maps_to_it()
    {
        var runs = await FillAsync(_from, runs: 1);
        var theirs = _ids.Next();
        await _to.CommitAsync(Of(Change(ChangeMode.Create, theirs, FieldWrite.Set("note", FieldValue.Text("theirs"))) with { Kind = "experiment", Key = "flights" }));
        var report = await CopyAsync(_from, _to);
        Assert.Equal(theirs, Assert.Single(report.Mapped).Value);
        Assert.Equal("theirs", (await _to.FindRecordAsync(theirs))!.Find("note")!.Value.AsText);
        Assert.Equal(theirs, (await _to.FindRecordAsync(runs[0]))!.Find("experiment")!.Value.AsReference);

        // the map holds for later copies too
        await _from.CommitAsync(Of(Change(ChangeMode.Update, runs[0], FieldWrite.Set("status", FieldValue.Text("FAILED")))));
        await CopyAsync(_from, _to);
        Assert.Equal(theirs, (await _to.FindRecordAsync(runs[0]))!.Find("experiment")!.Value.AsReference);
    }

    [SkippableFact]
    public async Task RunAsync_changed_on_both_sides_source_wins_and_says_so()
    {
        var runs = await FillAsync(_from, runs: 3);
        await CopyAsync(_from, _to);
        await _to.CommitAsync(Of(Change(ChangeMode.Update, runs[0], FieldWrite.Set("status", FieldValue.Text("theirs")), FieldWrite.Set("tag", FieldValue.Text("theirs")))));
        await _from.CommitAsync(Of(Change(ChangeMode.Update, runs[0], FieldWrite.Set("status", FieldValue.Text("mine")))));
        await _from.CommitAsync(Of(Change(ChangeMode.Update, runs[1], FieldWrite.Set("status", FieldValue.Text("mine")))));
        var report = await CopyAsync(_from, _to);
        Assert.Equal([new OverwrittenField(runs[0], "status"), new OverwrittenField(runs[0], "tag")], report.Overwritten.OrderBy(o => o.Field, StringComparer.Ordinal));
        Assert.Empty(report.Differences);
        await AssertSameAsync(runs);

        // what went back and forth did not change on both sides
        await _to.CommitAsync(Of(Change(ChangeMode.Update, runs[2], FieldWrite.Set("status", FieldValue.Text("theirs")))));
        Assert.Empty((await CopyAsync(_to, _from)).Overwritten);
        await _from.CommitAsync(Of(Change(ChangeMode.Update, runs[2], FieldWrite.Set("status", FieldValue.Text("mine")))));
        Assert.Empty((await CopyAsync(_from, _to)).Overwritten);
        await AssertSameAsync(runs);
    }

    [SkippableFact]
    public async Task RunAsync_target_has_sealed_other_values_keeps_them_says_so_and_copies_the_rest()
    {
        var runs = await FillAsync(_from, runs: 2);
        await CopyAsync(_from, _to);
        await _to.CommitAsync(Of(Change(ChangeMode.Update, runs[0], FieldWrite.Set("status", FieldValue.Text("theirs"))) with { Seal = ["status", "new*"] }));
        await _from.CommitAsync(Of(
            Change(
                ChangeMode.Update, runs[0], FieldWrite.Set("status", FieldValue.Text("mine")), FieldWrite.Set("new.1", FieldValue.Text("mine")),
                FieldWrite.Set("free", FieldValue.Text("mine"))) with
            { Body = "mine"u8.ToArray() },
            Change(ChangeMode.Update, runs[1], FieldWrite.Set("status", FieldValue.Text("mine")))));
        var report = await CopyAsync(_from, _to);
        Assert.Equal(3, report.Differences.Count);
        Assert.All(report.Differences, d => Assert.StartsWith($"run {runs[0]}", d, StringComparison.Ordinal));
        Assert.Equal([new OverwrittenField(runs[0], "free")], report.Overwritten);
        var target = (await _to.FindRecordAsync(runs[0]))!;
        Assert.Equal(("theirs", null, "mine"), (target.Find("status")!.Value.AsText, target.Find("new.1")?.AsText, target.Find("free")!.Value.AsText));
        Assert.True(target.Body.IsEmpty);
        await AssertSameAsync([runs[1]]);
    }

    [SkippableFact]
    public async Task RunAsync_two_at_a_time_one_gives_way()
    {
        var runs = await FillAsync(_from, runs: 3);
        var gate = new TaskCompletionSource();
        var held = new FaultyStore(_to) { Gate = gate.Task };
        var first = CopyAsync(_from, held);
        await CopyAsync(_from, _to);
        gate.SetResult();
        await Assert.ThrowsAsync<ConflictException>(() => first);
        await AssertSameAsync(runs);
    }

    [SkippableFact]
    public async Task RunAsync_another_copies_between_two_batches_gives_way()
    {
        var runs = await FillAsync(_from, runs: 3);
        Task? other = null;
        var line = new FaultyStore(_to) { Step = step => { if (step == "after commit") (other ??= CopyAsync(_from, _to)).Wait(); } };
        await Assert.ThrowsAsync<ConflictException>(() => CopyAsync(_from, line));
        await AssertSameAsync(runs);
    }

    [SkippableFact]
    public async Task RunAsync_target_changes_meanwhile_looks_again_and_says_what_it_overwrote()
    {
        var runs = await FillAsync(_from, runs: 2);
        await CopyAsync(_from, _to);
        await _from.CommitAsync(Of(runs.Select(r => Change(ChangeMode.Update, r, FieldWrite.Set("status", FieldValue.Text("mine")))).ToArray()));
        Task? write = null;
        var late = Of(Change(ChangeMode.Update, runs[1], FieldWrite.Set("tag", FieldValue.Text("theirs"))));
        var line = new FaultyStore(_to) { Step = _ => (write ??= _to.CommitAsync(late)).Wait() };
        var report = await CopyAsync(_from, line);
        Assert.Equal([new OverwrittenField(runs[1], "status"), new OverwrittenField(runs[1], "tag")], report.Overwritten.OrderBy(o => o.Field, StringComparer.Ordinal));
        Assert.Equal((2L, 0), (report.Records, report.Differences.Count));
        await AssertSameAsync(runs);
    }

    [SkippableFact]
    public async Task RunAsync_target_takes_the_key_meanwhile_maps_to_it()
    {
        var runs = await FillAsync(_from, runs: 1);
        var theirs = _ids.Next();
        Task? write = null;
        var late = Of(Change(ChangeMode.Create, theirs) with { Kind = "experiment", Key = "flights" });
        var report = await CopyAsync(_from, new FaultyStore(_to) { Step = _ => (write ??= _to.CommitAsync(late)).Wait() });
        Assert.Equal((theirs, 2L), (Assert.Single(report.Mapped).Value, report.Records));
        Assert.Equal(theirs, (await _to.FindRecordAsync(runs[0]))!.Find("experiment")!.Value.AsReference);
    }

    [SkippableFact]
    public async Task RunAsync_target_has_the_id_with_another_kind_throws()
    {
        var run = (await FillAsync(_from, runs: 1))[0];
        await _to.CommitAsync(Of(Change(ChangeMode.Create, run) with { Kind = "artifact" }));
        await Assert.ThrowsAsync<ConflictException>(() => CopyAsync(_from, _to));
    }

    [SkippableFact]
    public async Task RunAsync_source_was_restored_from_a_backup_begins_again_and_says_what_it_overwrote()
    {
        await _from.CommitAsync(Of(Enumerable.Range(0, 1_000).Select(_ => Change(ChangeMode.Create, _ids.Next())).ToArray()));
        var runs = await FillAsync(_from, runs: 2);
        var restored = await BackUpSourceAsync(_from);
        var lost = _ids.Next();
        await _from.CommitAsync(Of(Change(ChangeMode.Update, runs[0], FieldWrite.Set("status", FieldValue.Text("FINISHED"))), Change(ChangeMode.Create, lost)));
        await CopyAsync(_from, _to);

        // what comes now has positions that the mark has passed
        await _from.DisposeAsync();
        _from = restored;
        var late = _ids.Next();
        await _from.CommitAsync(Of(Change(ChangeMode.Create, late)));
        await _from.CommitAsync(Of(new SeriesAppend(late, "m", Numbers(0, 100))));
        var line = new FaultyStore(_to);
        var interrupted = new StoreCopy(_from, FromContent, line, ToContent, "ada", TimeProvider.System);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => interrupted.RunAsync(new Now(_ => line.FailNext(1))));
        var report = await CopyAsync(_from, _to);
        Assert.Equal([new OverwrittenField(runs[0], "status")], report.Overwritten);
        Assert.Equal((2L, 100L, 0), (report.Records, report.Points, report.Differences.Count));
        await AssertSameAsync([.. runs, late]);
        Assert.NotNull(await _to.FindRecordAsync(lost));

        await _to.CommitAsync(Of(Change(ChangeMode.Update, runs[1], FieldWrite.Set("status", FieldValue.Text("theirs")))));
        Assert.Equal(0, (await CopyAsync(_from, _to)).Records);
        await CopyAsync(_to, _from);
        await _from.CommitAsync(Of(Change(ChangeMode.Update, runs[1], FieldWrite.Set("status", FieldValue.Text("mine")))));
        Assert.Empty((await CopyAsync(_from, _to)).Overwritten);
    }

    [SkippableFact]
    public async Task RunAsync_field_with_a_refused_value_is_gone_stays_gone()
    {
        var run = (await FillAsync(_from, runs: 1))[0];
        await _from.CommitAsync(Of(Change(ChangeMode.Update, run, FieldWrite.Remove("p"), FieldWrite.Once("q", FieldValue.Text("1")))));
        await _from.CommitAsync(Of(Change(ChangeMode.Update, run, FieldWrite.Once("q", FieldValue.Text("2")))));
        await _from.CommitAsync(Of(Change(ChangeMode.Update, run, FieldWrite.Set("q", FieldValue.Text("2")))));
        await CopyAsync(_from, _to);
        var target = (await _to.FindRecordAsync(run))!;
        Assert.Equal((null, "2"), (target.Find("p")?.AsText, target.Find("q")!.Value.AsText));
        Assert.Empty(target.Conflicts);
        await _from.CommitAsync(Of(Change(ChangeMode.Update, run, FieldWrite.Set("status", FieldValue.Text("FINISHED")))));
        await CopyAsync(_from, _to);
        Assert.Null((await _to.FindRecordAsync(run))!.Find("p"));
    }

    [SkippableFact]
    public async Task RunAsync_refused_reference_is_mapped_and_copied_once()
    {
        var run = (await FillAsync(_from, runs: 1))[0];
        var (theirs, mine) = (_ids.Next(), (await _from.FindRecordAsync(new RecordKey("experiment", "flights")))!.Id);
        await _to.CommitAsync(Of(Change(ChangeMode.Create, theirs) with { Kind = "experiment", Key = "flights" }));
        await _from.CommitAsync(Of(Change(ChangeMode.Update, run, FieldWrite.Once("source", FieldValue.Reference(run)))));
        await _from.CommitAsync(Of(Change(ChangeMode.Update, run, FieldWrite.Once("source", FieldValue.Reference(mine)))));
        await CopyAsync(_from, _to);
        var target = (await _to.FindRecordAsync(run))!;
        Assert.Equal(theirs, target.Conflicts.Single(c => c.Field == "source").Refused.AsReference);
        await _from.CommitAsync(Of(Change(ChangeMode.Create, _ids.Next(), FieldWrite.Set("run", FieldValue.Reference(run))), Change(ChangeMode.Update, run, FieldWrite.Set("status", FieldValue.Text("FINISHED")))));
        await CopyAsync(_from, _to);
        Assert.Equal(target.Conflicts, (await _to.FindRecordAsync(run))!.Conflicts);
    }

    [SkippableFact]
    public async Task RunAsync_object_missing_or_damaged_is_told_and_the_rest_copied()
    {
        var runs = await FillAsync(_from, runs: 2);
        var files = Directory.EnumerateFiles(Path.Combine(_folder, "from"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        File.Delete(files[0]);
        File.SetAttributes(files[1], FileAttributes.Normal);
        await File.WriteAllTextAsync(files[1], "changed!!");
        var report = await CopyAsync(_from, _to);
        Assert.Equal(2, report.Differences.Count);
        Assert.All(report.Differences, d => Assert.Contains("field 'file'", d, StringComparison.Ordinal));
        await AssertSameAsync(runs);
    }

    [SkippableFact]
    public async Task RunAsync_cancelled_goes_on_later()
    {
        var runs = await FillAsync(_from, runs: 2);
        using var cancel = new CancellationTokenSource();
        var copy = new StoreCopy(_from, FromContent, _to, ToContent, "ada", TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy.RunAsync(new Now(_ => cancel.Cancel()), cancel.Token));
        await CopyAsync(_from, _to);
        await AssertSameAsync(runs);
    }

    [SkippableFact]
    public async Task RunAsync_onto_itself_is_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(() => CopyAsync(_from, _from));

    private static Batch Of(params RecordChange[] changes) => new() { Actor = "ada", ClientTime = Start, Changes = changes };

    private static Batch Of(params SeriesAppend[] appends) => new() { Actor = "ada", ClientTime = Start, Appends = appends };

    private static RecordChange Change(ChangeMode mode, RecordId id, params FieldWrite[] fields) =>
        new() { Id = id, Kind = "run", Mode = mode, Action = "run.changed", Fields = fields };

    private static SeriesColumns Numbers(int first, int count)
    {
        var steps = Enumerable.Range(first, count).Select(i => (long)i).ToArray();
        return SeriesColumns.OfNumbers(steps, steps, steps.Select(s => s % 7 == 0 ? double.NaN : Math.Sin(s)).ToArray());
    }

    private Task<CopyReport> CopyAsync(IMetadataStore from, IMetadataStore to) =>
        new StoreCopy(from, from == _from ? FromContent : ToContent, to, from == _from ? ToContent : FromContent, "ada", TimeProvider.System).RunAsync();

    /// <summary>An experiment, and for each run a run and an artifact.</summary>
    private async Task<List<RecordId>> FillAsync(IMetadataStore store, int runs, int points = 20_000)
    {
        var experiment = _ids.Next();
        await store.CommitAsync(Of(Change(ChangeMode.Create, experiment) with { Kind = "experiment", Key = "flights", Body = "{}"u8.ToArray() }));
        List<RecordId> ids = [];
        for (var i = 0; i < runs; i++)
        {
            var (run, artifact) = (_ids.Next(), _ids.Next());
            var content = await FromContent.PutAsync(System.Text.Encoding.UTF8.GetBytes($"content {i % 2}"));
            await store.CommitAsync(Of(
                Change(
                    ChangeMode.Create,
                    run,
                    FieldWrite.Set("experiment", FieldValue.Reference(new RecordKey("experiment", "flights"))),
                    FieldWrite.Set("status", FieldValue.Text("RUNNING")),
                    FieldWrite.Set("start", FieldValue.Time(Start)),
                    FieldWrite.Once("p", FieldValue.Text("0.10", 0.1)),
                    FieldWrite.Set("nan", FieldValue.Number(double.NaN)),
                    new FieldWrite("many", FieldWriteMode.Replace, [FieldValue.Text("b"), FieldValue.Text("a")])),
                Change(ChangeMode.Create, artifact, FieldWrite.Set("run", FieldValue.Reference(run)), FieldWrite.Set("file", FieldValue.Digest(content.Digest)))
                    with
                { Kind = "artifact", Seal = ["run", "file"] }));
            await store.CommitAsync(Of(Change(ChangeMode.Update, run, FieldWrite.Once("p", FieldValue.Text("0.2", 0.2)))));
            await store.CommitAsync(Of(
                new SeriesAppend(run, "m", Numbers(0, points)),
                new SeriesAppend(run, "notes", SeriesColumns.OfTexts(new long[10], new long[10], Enumerable.Range(0, 10).Select(n => $"note {n}").ToArray()))));
            ids.Add(run);
        }

        return ids;
    }

    private async Task AssertSameAsync(IReadOnlyList<RecordId> runs)
    {
        foreach (var id in runs)
        {
            var (source, target) = ((await _from.FindRecordAsync(id))!, (await _to.FindRecordAsync(id))!);
            Assert.Equal(source.Fields.OrderBy(f => f.Key, StringComparer.Ordinal), target.Fields.OrderBy(f => f.Key, StringComparer.Ordinal));
            Assert.Equal(source.Conflicts, target.Conflicts);
            Assert.Equal(source.Body.ToArray(), target.Body.ToArray());
            foreach (var name in new[] { "m", "notes", "new" })
            {
                var (mine, theirs) = (await ReadAsync(_from, id, name), await ReadAsync(_to, id, name));
                Assert.Equal(mine, theirs);
            }
        }
    }

    private static async Task<List<(long, long, double, string?)>> ReadAsync(IMetadataStore store, RecordId id, string name)
    {
        List<(long, long, double, string?)> points = [];
        await foreach (var c in store.ReadSeriesAsync(id, name, SeriesRange.All))
        {
            for (var i = 0; i < c.Count; i++)
                points.Add((c.Steps.Span[i], c.Times.Span[i], c.Type == SeriesType.Number ? c.Numbers.Span[i] : 0, c.Type == SeriesType.Text ? c.Texts.Span[i] : null));
        }

        return points;
    }

    private sealed class Now(Action<CopyProgress> report) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value) => report(value);
    }
}
