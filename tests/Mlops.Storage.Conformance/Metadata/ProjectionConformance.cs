using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class MetadataStoreConformance
{
    private async Task<RecordId> SeedColumnsAsync(IMetadataStore store)
    {
        var id = Ids.Next();
        FieldWrite[] fields =
        [
            FieldWrite.Once("params.a", T("1", 1)),
            FieldWrite.Once("params.ab", T("x")),
            new FieldWrite("tags.a", FieldWriteMode.Replace, [T("x"), T("y")]),
        ];
        var create = Create(id, fields) with { Key = "k", Body = "{}"u8.ToArray() };
        await store.CommitAsync(Of(create) with
        {
            Appends =
            [
                new SeriesAppend(id, "metrics.b", Columns(0, 2, i => i)),
                new SeriesAppend(id, "metrics.B", Columns(0, 3, i => i)),
                new SeriesAppend(id, "log", Columns(0, 1, i => i)),
            ],
        });
        await store.CommitAsync(Of(Update(id, FieldWrite.Once("params.a", T("2", 2)), FieldWrite.Once("params.ab", T("z")))));
        return id;
    }

    private static async Task<RecordPage> SelectAsync(IMetadataStore store, RecordProjection select) =>
        await store.QueryAsync(new RecordQuery { Kind = "run", Select = select });

    [SkippableFact]
    public async Task QueryAsync_default_projection_is_body_and_all_fields_without_series()
    {
        await using var store = await OpenAsync();
        var id = await SeedColumnsAsync(store);
        var page = await SelectAsync(store, new RecordProjection());
        var record = Assert.Single(page.Records);
        Assert.Equal(id, record.Id);
        Assert.Equal("{}"u8, record.Body.Span);
        Assert.Equal(["params.a", "params.ab", "tags.a"], record.Fields.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["params.a", "params.ab"], record.Conflicts.Select(c => c.Field));
        Assert.Empty(page.Series);
    }

    [SkippableFact]
    public async Task QueryAsync_projection_of_ids_has_neither_body_nor_fields_nor_conflicts()
    {
        await using var store = await OpenAsync();
        var id = await SeedColumnsAsync(store);
        var page = await SelectAsync(store, RecordProjection.Ids);
        var record = Assert.Single(page.Records);
        Assert.Equal((id, "run", "k", 2L, Start), (record.Id, record.Kind, record.Key, record.Revision, record.Created));
        Assert.True(record.Body.IsEmpty);
        Assert.Empty(record.Fields);
        Assert.Empty(record.Conflicts);
        Assert.Empty(page.Series);
    }

    [SkippableFact]
    public async Task QueryAsync_projection_takes_names_exactly_and_prefixes_with_a_star()
    {
        await using var store = await OpenAsync();
        await SeedColumnsAsync(store);
        var page = await SelectAsync(store, new RecordProjection { Body = false, Fields = ["params.a", "tags.*", "unknown"], Series = ["metrics.*"] });
        var record = Assert.Single(page.Records);
        Assert.True(record.Body.IsEmpty);
        Assert.Equal(["params.a", "tags.a"], record.Fields.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([T("x"), T("y")], record.Fields["tags.a"]);
        Assert.Equal("params.a", Assert.Single(record.Conflicts).Field);
        Assert.Equal(["metrics.B", "metrics.b"], page.Series.Select(s => s.Name));
    }

    [SkippableFact]
    public async Task QueryAsync_series_of_a_page_are_those_of_ListSeriesAsync()
    {
        await using var store = await OpenAsync();
        await SeedColumnsAsync(store);
        var other = await SeedAsync(store);
        await store.CommitAsync(Of(new SeriesAppend(other, "loss", Columns(0, 4, i => -i))));
        var page = await SelectAsync(store, RecordProjection.Ids with { Series = ["*"] });
        Assert.Equal(await store.ListSeriesAsync([.. page.Records.Select(r => r.Id)]), page.Series);
        Assert.Equal(4, page.Series.Count);
    }

    [SkippableFact]
    public async Task QueryAsync_empty_pattern_is_refused()
    {
        await using var store = await OpenAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => SelectAsync(store, new RecordProjection { Fields = [""] }));
        await Assert.ThrowsAsync<ArgumentException>(() => SelectAsync(store, new RecordProjection { Series = [""] }));
    }
}
