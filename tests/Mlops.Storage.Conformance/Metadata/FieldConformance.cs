using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class MetadataStoreConformance
{
    [SkippableFact]
    public async Task CommitAsync_replace_add_and_remove_meet_earlier_values()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store, FieldWrite.Set("tag", T("a")), FieldWrite.Set("gone", N(1)));
        await store.CommitAsync(Of(Update(
            id,
            FieldWrite.Add("tag", T("b")),
            FieldWrite.Add("tag", T("a")),
            FieldWrite.Add("tag", N(1)),
            FieldWrite.Add("fresh", N(2)),
            FieldWrite.Remove("gone"),
            FieldWrite.Remove("never"))));
        var record = await GetAsync(store, id);
        Assert.Equal(2, record.Revision);
        Assert.Equal([T("a"), T("b"), N(1)], record.Fields["tag"]);
        Assert.Equal(["fresh", "tag"], record.Fields.Keys.Order());

        await store.CommitAsync(Of(Update(id, new FieldWrite("tag", FieldWriteMode.Replace, [T("z"), T("y")]))));
        Assert.Equal([T("z"), T("y")], (await GetAsync(store, id)).Fields["tag"]);
        Assert.True((await store.VerifyAsync()).IsSound);
    }

    [SkippableFact]
    public async Task CommitAsync_update_that_changes_nothing_leaves_revision_and_log()
    {
        await using var store = await OpenAsync();
        var id = Ids.Next();
        await store.CommitAsync(Of(Create(id, FieldWrite.Once("p", T("1")), FieldWrite.Set("n", N(double.NaN)), FieldWrite.Set("m", T("x"))) with { Body = "b"u8.ToArray() }));
        var result = await store.CommitAsync(Of(Update(
            id,
            FieldWrite.Once("p", T("1", 1)),
            FieldWrite.Set("n", N(BitConverter.Int64BitsToDouble(0x7FF8_0000_0000_0001))),
            FieldWrite.Set("m", T("y")),
            FieldWrite.Set("m", T("x")),
            FieldWrite.Add("m", T("x")),
            FieldWrite.Remove("never")) with
        { Body = "b"u8.ToArray() }));
        Assert.Equal((1L, false), (result.Changes[0].Revision, result.Changes[0].Created));
        Assert.Empty(result.Conflicts);
        Assert.Single(await store.ReadChainAsync(id));
    }

    [SkippableFact]
    public async Task CommitAsync_write_once_keeps_the_first_value_and_records_the_second()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store, FieldWrite.Once("p", T("0.1", 0.1)));
        var result = await store.CommitAsync(Of(Update(id, FieldWrite.Once("p", T("0.10", 0.1)), FieldWrite.Once("q", N(1)), FieldWrite.Once("q", N(2)))));
        var expected = new[] { new FieldConflict(id, "p", T("0.1", 0.1), T("0.10", 0.1)), new FieldConflict(id, "q", N(1), N(2)) };
        Assert.Equal(expected, result.Conflicts);
        var record = await GetAsync(store, id);
        Assert.Equal(expected, record.Conflicts);
        Assert.Equal((2L, T("0.1", 0.1), N(1)), (record.Revision, record.Find("p")!.Value, record.Find("q")!.Value));

        // the same refused value again is reported, but it is nothing new
        var again = await store.CommitAsync(Of(Update(id, FieldWrite.Once("p", T("0.10", 0.1)))));
        Assert.Equal([expected[0]], again.Conflicts);
        Assert.Equal(2, again.Changes[0].Revision);
        Assert.Equal(expected, (await GetAsync(store, id)).Conflicts);
    }

    [SkippableFact]
    public async Task CommitAsync_write_once_compares_type_and_kind_of_number()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store, FieldWrite.Once("n", N(double.NaN)), FieldWrite.Once("t", T("1")));
        var result = await store.CommitAsync(Of(Update(id, FieldWrite.Once("n", N(double.NaN)), FieldWrite.Once("t", N(1)))));
        Assert.Equal([new FieldConflict(id, "t", T("1"), N(1))], result.Conflicts);
    }

    [SkippableFact]
    public async Task CommitAsync_lone_surrogate_in_a_text_becomes_the_replacement_character_once()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store, FieldWrite.Once("p", T("a\uD800b")));
        var again = await store.CommitAsync(Of(Update(id, FieldWrite.Once("p", T("a\uD800b")))));
        Assert.Empty(again.Conflicts);
        Assert.Equal(T("a\uFFFDb"), (await GetAsync(store, id)).Find("p"));
    }

    [SkippableFact]
    public async Task CommitAsync_thousands_of_fields_come_back()
    {
        await using var store = await OpenAsync();
        var fields = Enumerable.Range(0, 2000).Select(i => FieldWrite.Once($"params.{i}", T($"{i}", i))).ToArray();
        var id = await SeedAsync(store, fields);
        var record = await GetAsync(store, id);
        Assert.Equal(2000, record.Fields.Count);
        foreach (var field in fields)
            Assert.Equal(field.Values[0], record.Find(field.Name));
    }
}
