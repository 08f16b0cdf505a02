using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class MetadataStoreConformance
{
    [SkippableFact]
    public async Task CommitAsync_sealed_record_refuses_changes_of_body_and_named_fields_only()
    {
        await using var store = await OpenAsync();
        var id = Ids.Next();
        await store.CommitAsync(Of(Create(id, FieldWrite.Set("version", N(1)), FieldWrite.Set("params.a", T("x")), FieldWrite.Set("tags.t", T("x"))) with
        {
            Body = "body"u8.ToArray(),
            Seal = ["version", "params.*"],
        }));
        Assert.True((await GetAsync(store, id)).IsSealed);

        RecordChange[] refused =
        [
            Update(id) with { Body = "other"u8.ToArray() },
            Update(id, FieldWrite.Set("version", N(2))),
            Update(id, FieldWrite.Remove("version")),
            Update(id, FieldWrite.Add("version", N(2))),
            Update(id, FieldWrite.Once("params.new", N(2))),
            Update(id) with { Allocations = [new Allocation("params.number", "c")] },
        ];
        foreach (var change in refused)
        {
            var error = await Assert.ThrowsAsync<ImmutableException>(() => store.CommitAsync(Of(change)));
            Assert.Contains(id.ToString(), error.Message, StringComparison.Ordinal);
        }

        var result = await store.CommitAsync(Of(Update(id, FieldWrite.Set("tags.t", T("y")), FieldWrite.Set("version", N(1)), FieldWrite.Set("versions", N(1))) with { Body = "body"u8.ToArray() }));
        Assert.Equal(2, result.Changes[0].Revision);
        var record = await GetAsync(store, id);
        Assert.Equal((T("y"), N(1), N(1)), (record.Find("tags.t")!.Value, record.Find("version")!.Value, record.Find("versions")!.Value));

        // a second value for a frozen write-once field is a conflict like any other
        var conflict = await store.CommitAsync(Of(Update(id, FieldWrite.Once("params.a", T("z")))));
        Assert.Equal([new FieldConflict(id, "params.a", T("x"), T("z"))], conflict.Conflicts);
    }

    [SkippableFact]
    public async Task CommitAsync_second_seal_adds_and_repeating_it_is_nothing()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store, FieldWrite.Set("a", N(1)), FieldWrite.Set("b", N(1)));
        Assert.Equal(2, (await store.CommitAsync(Of(Update(id) with { Seal = ["a"] }))).Changes[0].Revision);
        Assert.Equal(2, (await store.CommitAsync(Of(Update(id) with { Seal = ["a"] }))).Changes[0].Revision);
        Assert.Equal(3, (await store.CommitAsync(Of(Update(id) with { Seal = ["b"] }))).Changes[0].Revision);
        await Assert.ThrowsAsync<ImmutableException>(() => store.CommitAsync(Of(Update(id, FieldWrite.Set("a", N(2))))));
        await Assert.ThrowsAsync<ImmutableException>(() => store.CommitAsync(Of(Update(id, FieldWrite.Set("b", N(2))))));
    }

    [SkippableFact]
    public async Task CommitAsync_seal_of_nothing_freezes_the_body()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store, FieldWrite.Set("a", N(1)));
        await store.CommitAsync(Of(Update(id) with { Seal = [] }));
        Assert.True((await GetAsync(store, id)).IsSealed);
        await Assert.ThrowsAsync<ImmutableException>(() => store.CommitAsync(Of(Update(id) with { Body = "x"u8.ToArray() })));
        await store.CommitAsync(Of(Update(id, FieldWrite.Set("a", N(2)))));
    }

    [SkippableFact]
    public async Task CommitAsync_purge_leaves_a_tombstone_and_the_chain()
    {
        await using var store = await OpenAsync();
        var id = Ids.Next();
        await store.CommitAsync(Of(Create(id, FieldWrite.Once("p", T("secret")), FieldWrite.Once("p", T("secret too"))) with
        {
            Key = "k",
            Body = "b"u8.ToArray(),
            Seal = ["*"],
        }) with
        {
            Appends = [new SeriesAppend(id, "m", Columns(0, 9000))],
            Cells = [new CellWrite { Key = "c", Value = new byte[] { 1 }, Owner = id }, new CellWrite { Key = "d", Value = new byte[] { 1 } }],
        });
        var result = await store.CommitAsync(Of(Update(id) with { Purge = true, Action = "run.purged" }));
        Assert.Equal((id, 2L, false), (result.Changes[0].Record, result.Changes[0].Revision, result.Changes[0].Created));

        var tombstone = await GetAsync(store, id);
        Assert.Equal((true, 2L, Start, (string?)null), (tombstone.IsPurged, tombstone.Revision, tombstone.Created, tombstone.Key));
        Assert.Empty(tombstone.Fields);
        Assert.Empty(tombstone.Conflicts);
        Assert.True(tombstone.Body.IsEmpty);
        Assert.Empty(await store.ListSeriesAsync([id]));
        Assert.Empty(await ReadAsync(store, id, "m"));
        Assert.Null(await store.FindCellAsync("c"));
        Assert.NotNull(await store.FindCellAsync("d"));
        Assert.Null(await store.FindRecordAsync(new RecordKey("run", "k")));
        Assert.Empty((await store.QueryAsync(new RecordQuery { Kind = "run" })).Records);
        Assert.Equal(["run.created", "run.purged"], (await store.ReadChainAsync(id)).Select(e => e.Entry.Action));
        Assert.True((await store.VerifyAsync()).IsSound);

        await Assert.ThrowsAsync<NotFoundException>(() => store.CommitAsync(Of(Update(id))));
        await Assert.ThrowsAsync<NotFoundException>(() => store.CommitAsync(Of(new SeriesAppend(id, "m", Columns(0, 1)))));
        await Assert.ThrowsAsync<NotFoundException>(() => store.CommitAsync(Of(new CellWrite { Key = "c", Value = new byte[1], Owner = id })));
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(Create(id))));
        Assert.True((await store.CommitAsync(Of(Create(Ids.Next()) with { Key = "k" }))).Changes[0].Created);
    }
}
