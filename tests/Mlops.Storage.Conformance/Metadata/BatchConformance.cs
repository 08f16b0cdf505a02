using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class MetadataStoreConformance
{
    [SkippableFact]
    public async Task CommitAsync_new_record_is_read_back_exactly()
    {
        await using var store = await OpenAsync();
        var id = Ids.Next();
        var other = Ids.Next();
        var digest = Digest.Of("data"u8);
        var result = await store.CommitAsync(Of(Create(
            id,
            FieldWrite.Set("params.lr", T("0.10", 0.1)),
            FieldWrite.Set("tags.note", T("")),
            FieldWrite.Set("tags.odd", T("a\0b ü 𝄞")),
            FieldWrite.Set("loss", N(double.NegativeInfinity)),
            FieldWrite.Set("zero", N(-0.0)),
            FieldWrite.Set("nan", N(double.NaN)),
            FieldWrite.Set("started", FieldValue.Time(Start.AddTicks(17))),
            FieldWrite.Set("parent", FieldValue.Reference(other)),
            FieldWrite.Set("data", FieldValue.Digest(digest))) with
        { Key = "first", Body = "{\"a\": 1}"u8.ToArray() }));

        Assert.False(result.Repeated);
        Assert.Equal([new ChangeResult(id, 1, true, result.Changes[0].Numbers)], result.Changes);
        Assert.Empty(result.Changes[0].Numbers);
        var record = await GetAsync(store, id);
        Assert.Equal((id, "run", "first", 1L, Start, false, false), (record.Id, record.Kind, record.Key, record.Revision, record.Created, record.IsSealed, record.IsPurged));
        Assert.Equal("{\"a\": 1}", System.Text.Encoding.UTF8.GetString(record.Body.Span));
        Assert.Equal(9, record.Fields.Count);
        Assert.Equal(T("0.10", 0.1), record.Find("params.lr"));
        Assert.Equal(T(""), record.Find("tags.note"));
        Assert.Equal(T("a\0b ü 𝄞"), record.Find("tags.odd"));
        Assert.Equal(N(double.NegativeInfinity), record.Find("loss"));
        Assert.True(double.IsNegative(record.Find("zero")!.Value.AsNumber!.Value));
        Assert.Equal(N(double.NaN), record.Find("nan"));
        Assert.Equal(FieldValue.Time(Start.AddTicks(10)), record.Find("started"));
        Assert.Equal(other, record.Find("parent")!.Value.AsReference);
        Assert.Equal(digest, record.Find("data")!.Value.AsDigest);
        Assert.Null(record.Find("absent"));
        Assert.Equal(id, (await store.FindRecordAsync(new RecordKey("run", "first")))!.Id);
        Assert.Null(await store.FindRecordAsync(new RecordKey("model", "first")));
        Assert.Null(await store.FindRecordAsync(Ids.Next()));
    }

    [SkippableFact]
    public async Task CommitAsync_one_change_fails_nothing_of_the_batch_stays()
    {
        await using var store = await OpenAsync();
        var existing = await SeedAsync(store, FieldWrite.Set("a", N(1)));
        var fresh = Ids.Next();
        var batch = Of(Create(fresh), Update(existing, FieldWrite.Set("a", N(2))), Update(Ids.Next())) with
        {
            Key = new BatchKey(Ids.Next(), 1),
            Cells = [new CellWrite { Key = "c", Value = new byte[] { 1 } }],
        };
        await Assert.ThrowsAsync<NotFoundException>(() => store.CommitAsync(batch));

        Assert.Null(await store.FindRecordAsync(fresh));
        var record = await GetAsync(store, existing);
        Assert.Equal((1L, N(1)), (record.Revision, record.Find("a")!.Value));
        Assert.Null(await store.FindCellAsync("c"));
        Assert.Equal(0, await store.GetWriterSequenceAsync(batch.Key.Value.Writer));
        Assert.Single(await store.ReadFeedAsync(0, 10));

        // names that only the failed batch used must work afterwards
        await store.CommitAsync(Of(Update(existing, FieldWrite.Set("new name", N(3)))));
        Assert.Equal(N(3), (await GetAsync(store, existing)).Find("new name"));
    }

    [SkippableFact]
    public async Task CommitAsync_failed_batch_used_a_new_name_the_name_works_later()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store);
        await Assert.ThrowsAsync<NotFoundException>(() => store.CommitAsync(Of(Update(id, FieldWrite.Set("fresh", N(1))), Update(Ids.Next()))));
        await store.CommitAsync(Of(Update(id, FieldWrite.Set("other", N(2)))));
        await store.CommitAsync(Of(Update(id, FieldWrite.Set("fresh", N(3)))));
        var record = await GetAsync(store, id);
        Assert.Equal((N(2), N(3)), (record.Find("other")!.Value, record.Find("fresh")!.Value));
        Assert.Equal(2, record.Fields.Count);
    }

    [SkippableFact]
    public async Task CommitAsync_same_batch_key_again_is_not_applied_and_returns_the_first_result()
    {
        var writer = Ids.Next();
        var id = Ids.Next();
        var batch = Of(Create(id) with { Allocations = [new Allocation("number", "run")] }) with
        {
            Key = new BatchKey(writer, 5),
            Appends = [new SeriesAppend(id, "m", SeriesColumns.OfNumbers(new long[] { 1 }, new long[] { 2 }, new double[] { 3 }))],
        };
        await using (var store = await OpenAsync())
        {
            var first = await store.CommitAsync(batch);
            Assert.Equal([1L], first.Changes[0].Numbers);
        }

        await using var again = await OpenAsync();
        var repeated = await again.CommitAsync(batch);
        Assert.True(repeated.Repeated);
        Assert.Equal((id, 1L, true), (repeated.Changes[0].Record, repeated.Changes[0].Revision, repeated.Changes[0].Created));
        Assert.Equal([1L], repeated.Changes[0].Numbers);
        Assert.Equal(5, await again.GetWriterSequenceAsync(writer));
        Assert.Equal(1, (await again.ListSeriesAsync([id])).Single().Position);
        Assert.Single(await again.ReadFeedAsync(0, 10));

        var older = await again.CommitAsync(Of(Update(id, FieldWrite.Set("x", N(1)))) with { Key = new BatchKey(writer, 4) });
        Assert.Equal((true, 0, 0), (older.Repeated, older.Changes.Count, older.Conflicts.Count));
        Assert.Null((await GetAsync(again, id)).Find("x"));

        // gaps are fine, and another writer has its own sequence
        Assert.False((await again.CommitAsync(Of(Update(id, FieldWrite.Set("x", N(1)))) with { Key = new BatchKey(writer, 9) })).Repeated);
        Assert.False((await again.CommitAsync(Of(Update(id, FieldWrite.Set("x", N(2)))) with { Key = new BatchKey(Ids.Next(), 1) })).Repeated);
        Assert.Equal(N(2), (await GetAsync(again, id)).Find("x"));
    }

    [SkippableFact]
    public async Task CommitAsync_batch_that_follows_another_than_the_stored_one_is_refused()
    {
        await using var store = await OpenAsync();
        var (writer, id) = (Ids.Next(), Ids.Next());
        Batch Keyed(long sequence, long follows) =>
            Of(Update(id, FieldWrite.Set("n", N(sequence)))) with { Key = new BatchKey(writer, sequence, follows), Appends = [new SeriesAppend(id, "m", SeriesColumns.OfNumbers(new[] { sequence }, new long[1], new double[1]))] };
        await store.CommitAsync(Of(Create(id)));
        await store.CommitAsync(Keyed(5, 0));

        // neither what was sent before and comes late, nor what was read behind an older sequence
        Assert.True((await store.CommitAsync(Keyed(3, 0))).Repeated);
        var error = await Assert.ThrowsAsync<OutOfSequenceException>(() => store.CommitAsync(Keyed(9, 3)));
        Assert.Contains("the store has 5", error.Message, StringComparison.Ordinal);
        Assert.True((await store.CommitAsync(Keyed(5, 0))).Repeated);
        Assert.False((await store.CommitAsync(Keyed(9, 5))).Repeated);
        Assert.Equal((N(9), 9L), ((await GetAsync(store, id)).Find("n"), await store.GetWriterSequenceAsync(writer)));
        Assert.Equal(2, (await store.ListSeriesAsync([id])).Single().Position);
        await Assert.ThrowsAsync<OutOfSequenceException>(() => store.CommitAsync(Of(Create(Ids.Next())) with { Key = new BatchKey(Ids.Next(), 2, 1) }));
    }

    [SkippableFact]
    public async Task CommitAsync_repeated_batch_returns_its_conflicts()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store, FieldWrite.Once("p", T("1", 1)));
        var batch = Of(Update(id, FieldWrite.Once("p", T("2", 2)))) with { Key = new BatchKey(Ids.Next(), 1) };
        var expected = new FieldConflict(id, "p", T("1", 1), T("2", 2));
        Assert.Equal([expected], (await store.CommitAsync(batch)).Conflicts);
        Assert.Equal([expected], (await store.CommitAsync(batch)).Conflicts);
        Assert.Equal([expected], (await GetAsync(store, id)).Conflicts);
    }

    [SkippableFact]
    public async Task CommitAsync_preconditions_hold_against_the_state_before_the_batch()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store);
        var fresh = Ids.Next();
        await store.CommitAsync(Of(Update(id, FieldWrite.Set("a", N(1))), Create(fresh)) with
        {
            Preconditions = [new Precondition(id, 1), new Precondition(fresh, 0)],
        });
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(Update(id, FieldWrite.Set("a", N(2)))) with { Preconditions = [new Precondition(id, 1)] }));
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(Update(id, FieldWrite.Set("a", N(2)))) with { Preconditions = [new Precondition(id, 0)] }));
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(Update(id, FieldWrite.Set("a", N(2)))) with { Preconditions = [new Precondition(Ids.Next(), 1)] }));
        var record = await GetAsync(store, id);
        Assert.Equal((2L, N(1)), (record.Revision, record.Find("a")!.Value));
    }

    [SkippableFact]
    public async Task CommitAsync_create_with_taken_id_or_key_conflicts()
    {
        await using var store = await OpenAsync();
        var id = Ids.Next();
        await store.CommitAsync(Of(Create(id) with { Key = "k" }));
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(Create(id))));
        var error = await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(Create(Ids.Next()) with { Key = "k" })));
        Assert.Contains(id.ToString(), error.Message, StringComparison.Ordinal);
        Assert.True((await store.CommitAsync(Of(Create(Ids.Next()) with { Key = "k", Kind = "model" }))).Changes[0].Created);
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(Update(id) with { Kind = "model" })));
    }

    [SkippableFact]
    public async Task CommitAsync_ensure_finds_or_creates_by_key_and_changes_nothing_when_found()
    {
        await using var store = await OpenAsync();
        var first = Ids.Next();
        var ensure = Change(ChangeMode.Ensure, first, FieldWrite.Set("a", N(1))) with { Kind = "experiment", Key = "flights" };
        var created = (await store.CommitAsync(Of(ensure))).Changes[0];
        Assert.Equal((first, 1L, true), (created.Record, created.Revision, created.Created));

        var found = (await store.CommitAsync(Of(ensure with { Id = Ids.Next(), Fields = [FieldWrite.Set("a", N(2))] }))).Changes[0];
        Assert.Equal((first, 1L, false), (found.Record, found.Revision, found.Created));
        Assert.Equal(N(1), (await GetAsync(store, first)).Find("a"));
        Assert.Single(await store.ReadChainAsync(first));
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(ensure with { Key = "other" })));
    }

    [SkippableFact]
    public async Task CommitAsync_reference_by_key_is_resolved_also_inside_the_batch()
    {
        await using var store = await OpenAsync();
        var experiment = Ids.Next();
        var run = Ids.Next();
        var byKey = FieldValue.Reference(new RecordKey("experiment", "flights"));
        await Assert.ThrowsAsync<NotFoundException>(() => store.CommitAsync(Of(Create(run, FieldWrite.Set("experiment", byKey)))));
        await store.CommitAsync(Of(
            Change(ChangeMode.Ensure, experiment) with { Kind = "experiment", Key = "flights" },
            Create(run, FieldWrite.Set("experiment", byKey))));
        Assert.Equal(FieldValue.Reference(experiment), (await GetAsync(store, run)).Find("experiment"));
    }

    [SkippableFact]
    public async Task CommitAsync_racing_handles_allocate_dense_unique_numbers()
    {
        const int handles = 4;
        const int each = 25;
        var stores = new IMetadataStore[handles];
        for (var i = 0; i < handles; i++)
            stores[i] = await OpenAsync();
        var ids = Enumerable.Range(0, handles * each).Select(_ => Ids.Next()).ToArray();
        var numbers = new long[handles * each];
        await Task.WhenAll(stores.Select((store, h) => Task.Run(async () =>
        {
            for (var i = h * each; i < (h + 1) * each; i++)
            {
                var result = await store.CommitAsync(Of(Create(ids[i]) with { Allocations = [new Allocation("version", "model/x")] }));
                numbers[i] = result.Changes[0].Numbers[0];
            }
        })));

        Assert.Equal(Enumerable.Range(1, handles * each).Select(n => (long)n), numbers.Order());
        for (var i = 0; i < ids.Length; i += 10)
            Assert.Equal(N(numbers[i]), (await GetAsync(stores[0], ids[i])).Find("version"));
        foreach (var store in stores)
            await store.DisposeAsync();
    }

    [SkippableFact]
    public async Task CommitAsync_many_callers_of_one_handle_each_succeeds_or_fails_alone()
    {
        await using var store = await OpenAsync();
        var ids = Enumerable.Range(0, 200).Select(_ => Ids.Next()).ToArray();
        var outcomes = await Task.WhenAll(ids.Select((id, i) => Task.Run(async () =>
        {
            try
            {
                // every third names a record that is not there
                var batch = i % 3 == 0 ? Of(Create(id, FieldWrite.Set($"f{i}", N(i))), Update(new RecordId(1))) : Of(Create(id, FieldWrite.Set($"f{i}", N(i))));
                return (await store.CommitAsync(batch)).Changes.Count == 1;
            }
            catch (NotFoundException)
            {
                return false;
            }
        })));

        for (var i = 0; i < ids.Length; i++)
        {
            Assert.Equal(i % 3 != 0, outcomes[i]);
            var record = await store.FindRecordAsync(ids[i]);
            Assert.Equal(i % 3 == 0 ? null : N(i), record?.Find($"f{i}"));
        }

        Assert.True((await store.VerifyAsync()).IsSound);
    }

    [SkippableFact]
    public async Task CommitAsync_allocated_number_is_kept_and_never_given_again()
    {
        await using var store = await OpenAsync();
        var allocation = new Allocation("version", "model/x");
        var first = await SeedAsync(store);
        Assert.Equal([1L], (await store.CommitAsync(Of(Update(first) with { Allocations = [allocation] }))).Changes[0].Numbers);
        Assert.Equal([1L], (await store.CommitAsync(Of(Update(first) with { Allocations = [allocation] }))).Changes[0].Numbers);
        await Assert.ThrowsAsync<NotFoundException>(() => store.CommitAsync(Of(Create(Ids.Next()) with { Allocations = [allocation] }, Update(Ids.Next()))));
        await store.CommitAsync(Of(Update(first) with { Purge = true }));
        Assert.Equal([2L], (await store.CommitAsync(Of(Create(Ids.Next()) with { Allocations = [allocation] }))).Changes[0].Numbers);
    }

    [SkippableFact]
    public async Task CommitAsync_cancelled_before_nothing_is_written()
    {
        await using var store = await OpenAsync();
        var id = Ids.Next();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.CommitAsync(Of(Create(id)), new CancellationToken(true)));
        Assert.Null(await store.FindRecordAsync(id));
    }

    public static TheoryData<string, Batch> Malformed()
    {
        var id = new RecordId(7);
        var append = new SeriesAppend(id, "m", SeriesColumns.OfNumbers(new long[1], new long[1], new double[1]));
        RecordChange Field(FieldWrite write) => Create(id, write);
        return new TheoryData<string, Batch>
        {
            { "Actor", Of(Create(id)) with { Actor = "" } },
            { "Actor", Of(Create(id)) with { Actor = new string('a', 201) } },
            { "Key.Sequence", Of(Create(id)) with { Key = new BatchKey(id, 0) } },
            { "Key.Follows", Of(Create(id)) with { Key = new BatchKey(id, 2, 2) } },
            { "Key.Writer", Of(Create(id)) with { Key = new BatchKey(default, 1) } },
            { "Preconditions[0].Record", Of(Create(id)) with { Preconditions = [default] } },
            { "Preconditions[0].Revision", Of(Create(id)) with { Preconditions = [new Precondition(id, -1)] } },
            { "Changes[1].Id", Of(Create(id), Create(default)) },
            { "Changes[0].Kind", Of(Create(id) with { Kind = "Run" }) },
            { "Changes[0].Mode", Of(Create(id) with { Mode = (ChangeMode)9 }) },
            { "Changes[0].Action", Of(Create(id) with { Action = new string('a', 101) }) },
            { "Changes[0].Key", Of(Create(id) with { Mode = ChangeMode.Ensure }) },
            { "Changes[0].Key", Of(Create(id) with { Key = new string('a', 1001) }) },
            { "Changes[0].Fields[0].Name", Of(Field(FieldWrite.Set("a\nb", N(1)))) },
            { "Changes[0].Fields[0].Name", Of(Field(FieldWrite.Set(new string('a', 301), N(1)))) },
            { "Changes[0].Fields[0].Name", Of(Field(FieldWrite.Set("a\uD800", N(1)))) },
            { "Changes[0].Fields[0].Mode", Of(Field(new FieldWrite("a", (FieldWriteMode)9, [N(1)]))) },
            { "Changes[0].Fields[0].Values", Of(Field(new FieldWrite("a", FieldWriteMode.Once, [N(1), N(2)]))) },
            { "Changes[0].Fields[0].Values", Of(Field(new FieldWrite("a", FieldWriteMode.Add, []))) },
            { "Changes[0].Fields[0].Values[0]", Of(Field(FieldWrite.Set("a", default))) },
            { "Changes[0].Fields[0].Values[0]", Of(Field(FieldWrite.Set("a", FieldValue.Reference(default(RecordId))))) },
            { "Changes[0].Fields[0].Values[0]", Of(Field(FieldWrite.Set("a", FieldValue.Digest(default)))) },
            { "Changes[0].Allocations[0].Counter", Of(Create(id) with { Allocations = [new Allocation("n", "")] }) },
            { "Changes[0].Seal[0]", Of(Create(id) with { Seal = ["a*b"] }) },
            { "Changes[0].Purge", Of(Create(id) with { Purge = true }) },
            { "Changes[0].Purge", Of(Update(id, FieldWrite.Set("a", N(1))) with { Purge = true }) },
            { "Appends[0].Owner", Of(append with { Owner = default }) },
            { "Appends[0].Name", Of(append with { Name = "" }) },
            { "Appends[0].Points", Of(append with { Points = append.Points.Slice(0, 0) }) },
            { "Cells[0].Key", Of(new CellWrite { Key = "" }) },
            { "Cells[0].Owner", Of(new CellWrite { Key = "a", Owner = default(RecordId) }) },
            { "Cells[0].Lifetime", Of(new CellWrite { Key = "a", Lifetime = TimeSpan.Zero }) },
            { "Cells[0].ExpectedVersion", Of(new CellWrite { Key = "a", ExpectedVersion = -1 }) },
        };
    }

    [SkippableTheory]
    [MemberData(nameof(Malformed), DisableDiscoveryEnumeration = true)]
    public async Task CommitAsync_malformed_batch_names_the_item(string item, Batch batch)
    {
        await using var store = await OpenAsync();
        var error = await Assert.ThrowsAsync<ArgumentException>(() => store.CommitAsync(batch));
        Assert.StartsWith(item, error.Message, StringComparison.Ordinal);
        Assert.Empty(await store.ReadFeedAsync(0, 1));
    }
}
