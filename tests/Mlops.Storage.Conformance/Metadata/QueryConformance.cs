using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class MetadataStoreConformance
{
    private static Filter.Compare Where(string field, FilterOperator op, FieldValue right) => new Filter.Compare(Operand.Field(field), op, right);

    private static async Task<string> NamesAsync(IMetadataStore store, Filter? filter, params RecordOrder[] order)
    {
        var page = await store.QueryAsync(new RecordQuery { Kind = "run", Filter = filter, OrderBy = order, Limit = 1000 });
        Assert.Null(page.Next);
        return string.Join(' ', order.Length > 0 ? page.Records.Select(r => r.Key) : page.Records.Select(r => r.Key).Order(StringComparer.Ordinal));
    }

    private async Task SeedNamedAsync(IMetadataStore store, params (string Key, FieldWrite[] Fields)[] records) =>
        await store.CommitAsync(Of([.. records.Select(r => Create(Ids.Next(), r.Fields) with { Key = r.Key })]));

    private static (string Key, FieldWrite[] Fields) Named(string key, params FieldValue[] values) =>
        (key, values.Length == 0 ? [] : [new FieldWrite("f", FieldWriteMode.Replace, values)]);

    private async Task SeedTypesAsync(IMetadataStore store) => await SeedNamedAsync(
        store,
        Named("n1", N(1)),
        Named("n2", N(2)),
        Named("nan", N(double.NaN)),
        Named("inf", N(double.PositiveInfinity)),
        Named("t", T("abc")),
        Named("t2", T("2.0", 2)),
        Named("time", FieldValue.Time(Start)),
        Named("ref", FieldValue.Reference(new RecordId(42))),
        Named("dig", FieldValue.Digest(Digest.Of("x"u8))),
        Named("many", T("abc"), N(1), N(5)),
        Named("none"));

    [SkippableTheory]
    [InlineData(FilterOperator.Equal, "n2 t2", "inf many n1")]
    [InlineData(FilterOperator.NotEqual, "inf many n1", "n2 t2")]
    [InlineData(FilterOperator.Less, "many n1", "inf n2 t2")]
    [InlineData(FilterOperator.LessOrEqual, "many n1 n2 t2", "inf")]
    [InlineData(FilterOperator.Greater, "inf many", "n1 n2 t2")]
    [InlineData(FilterOperator.GreaterOrEqual, "inf many n2 t2", "n1")]
    public async Task QueryAsync_number_compares_with_numbers_and_texts_that_are_one(FilterOperator op, string matches, string negated)
    {
        await using var store = await OpenAsync();
        await SeedTypesAsync(store);
        Assert.Equal(matches, await NamesAsync(store, Where("f", op, N(2))));
        Assert.Equal(negated, await NamesAsync(store, new Filter.Negation(Where("f", op, N(2)))));
        Assert.Equal(matches, await NamesAsync(store, new Filter.Negation(new Filter.Negation(Where("f", op, N(2))))));
        Assert.Equal("", await NamesAsync(store, Where("f", op, N(double.NaN))));
        Assert.Equal("", await NamesAsync(store, new Filter.Negation(Where("f", op, N(double.NaN)))));
        Assert.Equal("", await NamesAsync(store, Where("unknown", op, N(2))));
        Assert.Equal("", await NamesAsync(store, new Filter.Negation(Where("unknown", op, N(2)))));
    }

    [SkippableTheory]
    [InlineData(FilterOperator.Equal, "many t", "t2")]
    [InlineData(FilterOperator.NotEqual, "t2", "many t")]
    [InlineData(FilterOperator.Less, "t2", "many t")]
    [InlineData(FilterOperator.LessOrEqual, "many t t2", "")]
    [InlineData(FilterOperator.Greater, "", "many t t2")]
    [InlineData(FilterOperator.GreaterOrEqual, "many t", "t2")]
    [InlineData(FilterOperator.Like, "many t", "t2")]
    [InlineData(FilterOperator.LikeIgnoreCase, "many t", "t2")]
    public async Task QueryAsync_text_compares_with_texts(FilterOperator op, string matches, string negated)
    {
        await using var store = await OpenAsync();
        await SeedTypesAsync(store);
        Assert.Equal(matches, await NamesAsync(store, Where("f", op, T("abc"))));
        Assert.Equal(negated, await NamesAsync(store, new Filter.Negation(Where("f", op, T("abc")))));
    }

    [SkippableFact]
    public async Task QueryAsync_times_references_and_digests_compare_with_their_own_type()
    {
        await using var store = await OpenAsync();
        await SeedTypesAsync(store);
        Assert.Equal("time", await NamesAsync(store, Where("f", FilterOperator.LessOrEqual, FieldValue.Time(Start))));
        Assert.Equal("", await NamesAsync(store, Where("f", FilterOperator.Greater, FieldValue.Time(Start))));
        Assert.Equal("time", await NamesAsync(store, new Filter.Negation(Where("f", FilterOperator.Greater, FieldValue.Time(Start)))));
        Assert.Equal("ref", await NamesAsync(store, Where("f", FilterOperator.Equal, FieldValue.Reference(new RecordId(42)))));
        Assert.Equal("ref", await NamesAsync(store, Where("f", FilterOperator.NotEqual, FieldValue.Reference(new RecordId(43)))));
        Assert.Equal("dig", await NamesAsync(store, Where("f", FilterOperator.Equal, FieldValue.Digest(Digest.Of("x"u8)))));
        Assert.Equal("", await NamesAsync(store, Where("f", FilterOperator.NotEqual, FieldValue.Digest(Digest.Of("x"u8)))));
        Assert.Equal("n2 t2", await NamesAsync(store, Where("f", FilterOperator.Equal, T("2.0", 2))));
    }

    [SkippableTheory]
    [InlineData("f%", "flight flights")]
    [InlineData("%ght_", "flights")]
    [InlineData("_light", "flight")]
    [InlineData("%", "FLIGHT flight flights percent")]
    [InlineData("100_", "percent")]
    [InlineData("flight", "flight")]
    [InlineData("", "")]
    public async Task QueryAsync_like_knows_percent_and_underscore(string pattern, string matches)
    {
        await using var store = await OpenAsync();
        await SeedNamedAsync(store, Named("flight", T("flight")), Named("flights", T("flights")), Named("FLIGHT", T("FLIGHT")), Named("percent", T("100%")));
        Assert.Equal(matches, await NamesAsync(store, Where("f", FilterOperator.Like, T(pattern))));
        if (pattern == "f%")
            Assert.Equal("FLIGHT flight flights", await NamesAsync(store, Where("f", FilterOperator.LikeIgnoreCase, T(pattern))));
    }

    [SkippableFact]
    public async Task QueryAsync_missing_is_asked_for_and_is_never_unknown()
    {
        await using var store = await OpenAsync();
        await SeedTypesAsync(store);
        var missing = new Filter.IsMissing(Operand.Field("f"));
        Assert.Equal("nan none", await NamesAsync(store, missing));
        Assert.Equal("dig inf many n1 n2 ref t t2 time", await NamesAsync(store, new Filter.Negation(missing)));
        Assert.Equal("", await NamesAsync(store, new Filter.IsMissing(Operand.Property(RecordProperty.Key))));
        Assert.Equal("n1 nan none", await NamesAsync(store, new Filter.AnyOf([missing, new Filter.OneOf(Operand.Property(RecordProperty.Key), [T("n1")])])));
    }

    [SkippableFact]
    public async Task QueryAsync_one_of_short_and_very_long_lists()
    {
        await using var store = await OpenAsync();
        await SeedTypesAsync(store);
        var few = new Filter.OneOf(Operand.Field("f"), [N(1), N(2), T("abc"), FieldValue.Time(Start)]);
        Assert.Equal("many n1 n2 t t2 time", await NamesAsync(store, few));

        // false only if every comparison is: a mixed list is unknown where a type is missing
        Assert.Equal("", await NamesAsync(store, new Filter.Negation(few)));
        Assert.Equal("inf", await NamesAsync(store, new Filter.Negation(new Filter.OneOf(Operand.Field("f"), [N(1), N(2)]))));
        Assert.Equal("many n1", await NamesAsync(store, new Filter.OneOf(Operand.Field("f"), [N(double.NaN), N(1)])));
        var many = Enumerable.Range(0, 40_000).Select(i => N(i + 2)).ToArray();
        Assert.Equal("many n2 t2", await NamesAsync(store, new Filter.OneOf(Operand.Field("f"), many)));
        Assert.Equal("inf n1", await NamesAsync(store, new Filter.Negation(new Filter.OneOf(Operand.Field("f"), many))));
        var texts = Enumerable.Range(0, 40_000).Select(i => T($"x{i}")).Append(T("abc")).ToArray();
        Assert.Equal("many t", await NamesAsync(store, new Filter.OneOf(Operand.Field("f"), texts)));
        var ids = Enumerable.Range(0, 40_000).Select(i => FieldValue.Reference(new RecordId((UInt128)(i + 1)))).ToArray();
        Assert.Equal("ref", await NamesAsync(store, new Filter.OneOf(Operand.Field("f"), ids)));
    }

    [SkippableFact]
    public async Task QueryAsync_all_and_any_of_many_and_of_none()
    {
        await using var store = await OpenAsync();
        await SeedNamedAsync(store, Named("a", N(1)), Named("b", N(2)));
        Assert.Equal("a b", await NamesAsync(store, new Filter.AllOf([])));
        Assert.Equal("", await NamesAsync(store, new Filter.AnyOf([])));
        Assert.Equal("", await NamesAsync(store, new Filter.Negation(new Filter.AllOf([]))));
        Assert.Equal("a b", await NamesAsync(store, new Filter.Negation(new Filter.AnyOf([]))));
        var wide = new Filter.AnyOf([.. Enumerable.Range(2, 3000).Select(i => Where("f", FilterOperator.Equal, N(i)))]);
        Assert.Equal("b", await NamesAsync(store, wide));
        Filter deep = Where("f", FilterOperator.Equal, N(1));
        for (var i = 0; i < 98; i++)
            deep = new Filter.Negation(deep);
        Assert.Equal("a", await NamesAsync(store, deep));
    }

    [SkippableFact]
    public async Task QueryAsync_series_summaries_and_properties_are_operands()
    {
        await using var store = await OpenAsync();
        await SeedNamedAsync(store, Named("a"), Named("b"), Named("c"), Named("d"));
        var ids = new Dictionary<string, RecordId>();
        foreach (var key in new[] { "a", "b", "c", "d" })
            ids[key] = (await store.FindRecordAsync(new RecordKey("run", key)))!.Id;
        await store.CommitAsync(Of(
            new SeriesAppend(ids["a"], "m", Columns(0, 5, i => i)),
            new SeriesAppend(ids["b"], "m", Columns(0, 3, i => -i)),
            new SeriesAppend(ids["c"], "m", Columns(0, 2, _ => double.NaN))));
        Time.Advance(TimeSpan.FromHours(1));
        await store.CommitAsync(Of(Update(ids["a"], FieldWrite.Set("x", N(1)))));

        Filter Series(SeriesAggregate aggregate, FilterOperator op, double right) => new Filter.Compare(Operand.Series("m", aggregate), op, N(right));
        Assert.Equal("a", await NamesAsync(store, Series(SeriesAggregate.Last, FilterOperator.Greater, 0)));
        Assert.Equal("b", await NamesAsync(store, new Filter.Negation(Series(SeriesAggregate.Last, FilterOperator.Greater, 0))));
        Assert.Equal("b", await NamesAsync(store, Series(SeriesAggregate.Min, FilterOperator.Equal, -2)));
        Assert.Equal("a", await NamesAsync(store, Series(SeriesAggregate.Max, FilterOperator.GreaterOrEqual, 4)));
        Assert.Equal("b c", await NamesAsync(store, Series(SeriesAggregate.Count, FilterOperator.LessOrEqual, 3)));
        Assert.Equal("a", await NamesAsync(store, Series(SeriesAggregate.LastStep, FilterOperator.Equal, 4)));
        Assert.Equal("a", await NamesAsync(store, Series(SeriesAggregate.MinStep, FilterOperator.Equal, 0)));
        Assert.Equal("b", await NamesAsync(store, Series(SeriesAggregate.MaxStep, FilterOperator.Equal, 0)));
        Assert.Equal("c d", await NamesAsync(store, new Filter.IsMissing(Operand.Series("m"))));
        Assert.Equal("d", await NamesAsync(store, new Filter.IsMissing(Operand.Series("m", SeriesAggregate.Count))));
        Assert.Equal("", await NamesAsync(store, new Filter.Compare(Operand.Series("m"), FilterOperator.NotEqual, T("x"))));
        Assert.Equal("a", await NamesAsync(store, new Filter.OneOf(Operand.Series("m"), [N(4), T("x")])));

        Assert.Equal("b", await NamesAsync(store, new Filter.Negation(new Filter.OneOf(Operand.Series("m"), [T("4", 4), N(7)]))));

        Filter Property(RecordProperty property, FilterOperator op, FieldValue right) => new Filter.Compare(Operand.Property(property), op, right);
        Assert.Equal("a", await NamesAsync(store, Property(RecordProperty.Revision, FilterOperator.Equal, N(2))));
        Assert.Equal("a b c d", await NamesAsync(store, Property(RecordProperty.Created, FilterOperator.Equal, FieldValue.Time(Start))));
        Assert.Equal("c", await NamesAsync(store, Property(RecordProperty.Id, FilterOperator.Equal, FieldValue.Reference(ids["c"]))));
        Assert.Equal("a b", await NamesAsync(store, Property(RecordProperty.Key, FilterOperator.Less, T("c"))));
        Assert.Equal("d", await NamesAsync(store, Property(RecordProperty.Key, FilterOperator.LikeIgnoreCase, T("D"))));
        Assert.Equal("b c", await NamesAsync(store, new Filter.OneOf(Operand.Property(RecordProperty.Id), [FieldValue.Reference(ids["b"]), FieldValue.Reference(ids["c"])])));
        Assert.Equal("", await NamesAsync(store, Property(RecordProperty.Key, FilterOperator.NotEqual, N(1))));
    }

    [SkippableFact]
    public async Task QueryAsync_order_puts_types_in_turn_and_missing_last_both_ways()
    {
        await using var store = await OpenAsync();
        await SeedTypesAsync(store);
        var byField = new RecordOrder(Operand.Field("f"));
        var byKey = new RecordOrder(Operand.Property(RecordProperty.Key));

        // "many" begins with the text abc; "t2" sorts as its number
        Assert.Equal("n1 n2 t2 inf time many t ref dig nan none", await NamesAsync(store, null, byField, byKey));
        Assert.Equal("dig ref many t time inf n2 t2 n1 nan none", await NamesAsync(store, null, byField with { Descending = true }, byKey));

        // ties: the newest first
        Assert.Equal("n1 t2 n2 inf time many t ref dig none nan", await NamesAsync(store, null, byField));
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task QueryAsync_pages_neither_repeat_nor_skip_while_records_are_added(bool descending)
    {
        await using var store = await OpenAsync();
        var random = new Random(7);
        FieldWrite[] Random() => random.Next(4) == 0 ? [] : [FieldWrite.Set("f", random.Next(3) == 0 ? T($"t{random.Next(5)}") : N(random.Next(6)))];
        for (var i = 0; i < 60; i++)
            await SeedAsync(store, Random());
        var query = new RecordQuery { Kind = "run", OrderBy = [new RecordOrder(Operand.Field("f"), descending)], Limit = 7 };
        var before = (await store.QueryAsync(query with { Limit = 1000 })).Records.Select(r => r.Id).ToList();
        List<RecordId> seen = [];
        for (string? cursor = null; ;)
        {
            var page = await store.QueryAsync(query with { Cursor = cursor });
            seen.AddRange(page.Records.Select(r => r.Id));
            await SeedAsync(store, Random());
            if ((cursor = page.Next) is null)
                break;
            Assert.Equal(7, page.Records.Count);
        }

        Assert.Equal(before, seen.Where(before.Contains));
        Assert.Equal(seen.Count, seen.Distinct().Count());
    }

    [SkippableFact]
    public async Task QueryAsync_no_order_is_newest_first_and_limit_holds()
    {
        await using var store = await OpenAsync();
        var ids = new List<RecordId>();
        for (var i = 0; i < 5; i++)
            ids.Add(await SeedAsync(store));
        var first = await store.QueryAsync(new RecordQuery { Kind = "run", Limit = 5 });
        Assert.Equal(Enumerable.Reverse(ids), first.Records.Select(r => r.Id));
        Assert.Null(first.Next);
        var page = await store.QueryAsync(new RecordQuery { Kind = "run", Limit = 3 });
        var rest = await store.QueryAsync(new RecordQuery { Kind = "run", Limit = 3, Cursor = page.Next });
        Assert.Equal([ids[1], ids[0]], rest.Records.Select(r => r.Id));
        Assert.Null(rest.Next);
        Assert.Empty((await store.QueryAsync(new RecordQuery { Kind = "model" })).Records);
    }

    [SkippableFact]
    public async Task QueryAsync_cursor_of_another_query_or_of_nobody_is_refused()
    {
        await using var store = await OpenAsync();
        await SeedNamedAsync(store, Named("a", N(1)), Named("b", N(2)));
        var query = new RecordQuery { Kind = "run", Limit = 1, Filter = Where("f", FilterOperator.Greater, N(0)) };
        var cursor = (await store.QueryAsync(query)).Next;
        Assert.NotNull(cursor);
        Assert.Single((await store.QueryAsync(query with { Cursor = cursor, Limit = 9 })).Records);
        RecordQuery[] others =
        [
            query with { Cursor = cursor, Filter = Where("f", FilterOperator.Greater, N(0.5)) },
            query with { Cursor = cursor, Filter = null },
            query with { Cursor = cursor, OrderBy = [new RecordOrder(Operand.Field("f"))] },
            query with { Cursor = cursor, Kind = "model" },
            query with { Cursor = "" },
            query with { Cursor = "not a cursor" },
            query with { Cursor = cursor![..^4] },
        ];
        foreach (var other in others)
            await Assert.ThrowsAsync<ArgumentException>(() => store.QueryAsync(other));
    }

    [SkippableFact]
    public async Task QueryAsync_malformed_query_is_refused()
    {
        await using var store = await OpenAsync();
        Filter deep = new Filter.AllOf([]);
        for (var i = 0; i < 101; i++)
            deep = new Filter.Negation(deep);
        RecordQuery[] malformed =
        [
            new() { Kind = "Run" },
            new() { Kind = "run", Limit = 0 },
            new() { Kind = "run", Limit = 10_001 },
            new() { Kind = "run", Filter = deep },
            new() { Kind = "run", Filter = Where("f", FilterOperator.Less, FieldValue.Reference(new RecordId(1))) },
            new() { Kind = "run", Filter = Where("f", FilterOperator.Like, N(1)) },
            new() { Kind = "run", Filter = Where("f", (FilterOperator)99, N(1)) },
            new() { Kind = "run", Filter = Where("", FilterOperator.Equal, N(1)) },
            new() { Kind = "run", Filter = Where("f", FilterOperator.Equal, default) },
            new() { Kind = "run", Filter = new Filter.OneOf(Operand.Field("f"), []) },
        ];
        foreach (var query in malformed)
            await Assert.ThrowsAnyAsync<ArgumentException>(() => store.QueryAsync(query));
    }
}
