using Mlops.Storage.Sqlite;

namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>Marks let a walk skip records. In each store more records match than a page holds, so that the walk gives the answer.</summary>
[Collection(SharedServer.Name)]
public sealed class MarkTests(PostgreSqlServer server)
{
    private const int Records = 8;

    private readonly IdGenerator _ids = new();
    private readonly string _schema = PostgreSqlServer.NewSchema();

    /// <summary>What makes the record with the lowest metric match, after its series was made.</summary>
    public static TheoryData<string, FieldWrite[], FieldValue> Writes { get; } = new()
    {
        { "added", [FieldWrite.Set("f", FieldValue.Text("a"))], FieldValue.Text("a") },
        { "changed", [FieldWrite.Set("f", FieldValue.Text("b")), FieldWrite.Set("f", FieldValue.Text("a"))], FieldValue.Text("a") },
        { "second of two", [FieldWrite.Set("f", FieldValue.Text("b")), FieldWrite.Add("f", FieldValue.Text("a"))], FieldValue.Text("a") },
        { "a text that is a number", [FieldWrite.Once("f", FieldValue.Text("7", 7))], FieldValue.Text("7") },
        { "a number for a text", [FieldWrite.Set("f", FieldValue.Number(7))], FieldValue.Text("7.0", 7) },
        { "a number for a number", [FieldWrite.Set("f", FieldValue.Text("7", 7))], FieldValue.Number(7) },
        { "a reference", [FieldWrite.Set("f", FieldValue.Reference(new RecordId(5)))], FieldValue.Reference(new RecordId(5)) },
        { "loose text", [FieldWrite.Set("f", FieldValue.Text("\uD800\0"))], FieldValue.Text("\uDC00\0") },
        { "long text", [FieldWrite.Set("f", FieldValue.Text(new string('ü', 5000)))], FieldValue.Text(new string('ü', 5000)) },
    };

    [SkippableTheory]
    [MemberData(nameof(Writes))]
    public async Task QueryAsync_value_written_after_the_series_is_found(string what, FieldWrite[] writes, FieldValue wanted)
    {
        server.Require();
        await using var store = await OpenAsync();
        var late = _ids.Next();
        await store.CommitAsync(Samples.Batch(Samples.Create(late)) with { Appends = [Metric(late, 0)] });
        await SeedAsync(store, wanted);
        foreach (var write in writes)
            await store.CommitAsync(Samples.Batch(Samples.Update(late, write)));
        Assert.True((await FindAsync(store, new Filter.Compare(Operand.Field("f"), FilterOperator.Equal, wanted)))[0] == late, what);
        Assert.True((await FindAsync(store, new Filter.OneOf(Operand.Field("f"), [FieldValue.Text("z"), wanted])))[0] == late, what);
        Assert.True((await store.VerifyAsync()).IsSound);
    }

    [SkippableFact]
    public async Task QueryAsync_value_written_before_the_series_is_found_and_one_removed_is_not()
    {
        server.Require();
        await using var store = await OpenAsync();
        var (early, removed) = (_ids.Next(), _ids.Next());
        var field = FieldWrite.Set("f", FieldValue.Text("a"));
        await store.CommitAsync(Samples.Batch(Samples.Create(early, field), Samples.Create(removed, field)));
        await store.CommitAsync(Samples.Batch() with { Appends = [Metric(early, 0), Metric(removed, 0.5)] });
        await store.CommitAsync(Samples.Batch(Samples.Update(removed, FieldWrite.Remove("f"))));
        await SeedAsync(store, FieldValue.Text("a"));
        var found = await FindAsync(store, new Filter.Compare(Operand.Field("f"), FilterOperator.Equal, FieldValue.Text("a")));
        Assert.Equal(early, found[0]);
        Assert.DoesNotContain(removed, found);
    }

    [SkippableFact]
    public async Task CommitAsync_field_and_series_made_at_once_by_two_stores_keep_the_marks_whole()
    {
        const int rounds = 40;
        server.Require();
        await using var one = await OpenAsync();
        await using var other = await OpenAsync();
        var ids = Enumerable.Range(0, rounds).Select(_ => _ids.Next()).ToArray();
        await one.CommitAsync(Samples.Batch([.. ids.Select(id => Samples.Create(id))]));
        foreach (var id in ids)
        {
            using var start = new Barrier(2);
            await Task.WhenAll(
                Task.Run(() => CommitAsync(one, Samples.Batch(Samples.Update(id, FieldWrite.Set("f", FieldValue.Text("a")))))),
                Task.Run(() => CommitAsync(other, Samples.Batch() with { Appends = [Metric(id, 1)] })));

            Task CommitAsync(PostgreSqlMetadataStore store, Batch batch)
            {
                start.SignalAndWait();
                return store.CommitAsync(batch);
            }
        }

        var found = await FindAsync(one, new Filter.Compare(Operand.Field("f"), FilterOperator.Equal, FieldValue.Text("a")), rounds - 1);
        Assert.Equal(ids.OrderDescending().Take(rounds - 1), found);
        Assert.Empty((await one.VerifyAsync()).Problems);
    }

    [SkippableFact]
    public async Task QueryAsync_random_equalities_by_a_metric_agree_with_SQLite()
    {
        server.Require();
        var folder = Directory.CreateTempSubdirectory("mlops-marks-");
        try
        {
            await using var store = await OpenAsync();
            await using var plain = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(folder.FullName, "plain.db") });
            var random = new Random(23);
            var ids = Enumerable.Range(0, 60).Select(_ => _ids.Next()).ToArray();
            await CommitAsync(Samples.Batch([.. ids.Select(id => Samples.Create(id))]));
            for (var i = 0; i < 150; i++)
            {
                var changes = Some().Select(id => Samples.Update(id, Write(random)));
                await CommitAsync(Samples.Batch([.. changes]) with { Appends = [.. Some().Select(id => Metric(id, random.Next(20)))] });
                var query = new RecordQuery
                {
                    Kind = "run",
                    Filter = new Filter.AllOf([Equality(random), .. random.Next(3) == 0 ? new[] { Equality(random) } : []]),
                    OrderBy = [new RecordOrder(Operand.Series("m", SeriesAggregate.Last), random.Next(2) == 0)],
                    Limit = random.Next(1, 5),
                };
                do
                {
                    var page = await store.QueryAsync(query);
                    Assert.Equal((await plain.QueryAsync(query)).Records.Select(r => r.Id), page.Records.Select(r => r.Id));
                    query = query with { Cursor = page.Next };
                }
                while (query.Cursor is not null);
            }

            Assert.Empty((await store.VerifyAsync()).Problems);

            IEnumerable<RecordId> Some() => Enumerable.Range(0, random.Next(6)).Select(_ => ids[random.Next(ids.Length)]);

            async Task CommitAsync(Batch batch)
            {
                await store.CommitAsync(batch);
                await plain.CommitAsync(batch);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [SkippableFact]
    public async Task CommitAsync_purge_takes_the_marks()
    {
        server.Require();
        await using var store = await OpenAsync();
        var id = _ids.Next();
        await store.CommitAsync(Samples.Batch(Samples.Create(id, FieldWrite.Set("f", FieldValue.Text("a")))));
        await store.CommitAsync(Samples.Batch(Samples.Update(id, FieldWrite.Set("g", FieldValue.Text("b"))), Samples.Update(id) with { Purge = true }));
        Assert.Equal(1L, await server.ScalarAsync<long>($"SELECT count(*) FROM {_schema}.records WHERE purged AND marks_1 = 0 AND marks_2 = 0 AND marks_3 = 0"));
    }

    [SkippableTheory]
    [InlineData("records", "some of its fields")]
    [InlineData("series", "series 'm'")]
    public async Task VerifyAsync_lost_marks_are_named(string table, string named)
    {
        server.Require();
        await using var store = await OpenAsync();
        var id = _ids.Next();
        await store.CommitAsync(Samples.Batch(Samples.Create(id, FieldWrite.Set("f", FieldValue.Text("a")))) with { Appends = [Metric(id, 1)] });
        await server.ExecuteAsync($"UPDATE {_schema}.{table} SET marks_2 = 0");
        var problem = Assert.Single((await store.VerifyAsync()).Problems);
        Assert.Contains(id.ToString(), problem, StringComparison.Ordinal);
        Assert.Contains(named, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_value_has_the_bits_of_the_format()
    {
        Assert.Equal(new FieldMarks(1L << 37, 1L << 14, 1L << 20), FieldMarks.Of("params.model", FieldValue.Text("a")));
        Assert.Equal(FieldMarks.Of("params.model", FieldValue.Text("7")), FieldMarks.Of("params.model", FieldValue.Text("7", 7)));
        Assert.Equal(default, FieldMarks.Of("params.model", FieldValue.Number(7)));
    }

    private static FieldWrite Write(Random random) => new(
        random.Next(2) == 0 ? "f" : "g",
        random.Next(2) == 0 ? FieldWriteMode.Add : FieldWriteMode.Replace,
        [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Value(random))]);

    private static Filter Equality(Random random)
    {
        var field = Operand.Field(random.Next(2) == 0 ? "f" : "g");
        return random.Next(2) == 0
            ? new Filter.Compare(field, FilterOperator.Equal, Value(random))
            : new Filter.OneOf(field, [Value(random), Value(random)]);
    }

    private static FieldValue Value(Random random)
    {
        var number = random.Next(3);
        return random.Next(4) switch
        {
            0 => FieldValue.Text($"{number}"),
            1 => FieldValue.Text($"{number}", number),
            2 => FieldValue.Number(number),
            _ => FieldValue.Reference(new RecordId((UInt128)(number + 1))),
        };
    }

    private static SeriesAppend Metric(RecordId owner, double value) =>
        new(owner, "m", SeriesColumns.OfNumbers(new long[] { 0 }, new long[] { 0 }, new[] { value }));

    private static async Task<List<RecordId>> FindAsync(PostgreSqlMetadataStore store, Filter filter, int limit = Records / 2)
    {
        var query = new RecordQuery { Kind = "run", Filter = filter, OrderBy = [new RecordOrder(Operand.Series("m", SeriesAggregate.Last))], Limit = limit };
        var page = await store.QueryAsync(query);
        Assert.NotNull(page.Next);
        return [.. page.Records.Select(r => r.Id)];
    }

    private async Task SeedAsync(PostgreSqlMetadataStore store, FieldValue wanted)
    {
        for (var i = 1; i <= Records; i++)
        {
            var id = _ids.Next();
            await store.CommitAsync(Samples.Batch(Samples.Create(id, FieldWrite.Set("f", wanted))) with { Appends = [Metric(id, i)] });
        }
    }

    private Task<PostgreSqlMetadataStore> OpenAsync() => PostgreSqlMetadataStore.OpenAsync(server.Options(_schema));
}
