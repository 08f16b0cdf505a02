using CsCheck;
using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class MetadataStoreConformance
{
    private static readonly string[] SmallTexts = ["a", "B", "Ab", "", "ü"];

    private static readonly string[] SmallNames = ["f", "g", "t", "unused"];

    private static readonly Gen<FieldValue> SmallValue = Gen.OneOf(
        Gen.Int[0, 3].Select(i => N(i)),
        Gen.Const(N(double.NaN)),
        Gen.Const(N(double.NegativeInfinity)),
        Gen.Int[0, 3].Select(i => T($"{i}", i)),
        Gen.Int[0, 4].Select(i => T(SmallTexts[i])),
        Gen.Int[0, 2].Select(i => FieldValue.Time(i)),
        Gen.Int[1, 2].Select(i => FieldValue.Reference(new RecordId((UInt128)i))),
        Gen.Int[1, 2].Select(i => FieldValue.Digest(new Digest(0, (UInt128)i))));

    private static readonly Gen<Operand> AnyOperand = Gen.Frequency(
        (6, Gen.Int[0, 3].Select(i => Operand.Field(SmallNames[i]))),
        (3, Gen.Enum<SeriesAggregate>().Select(a => Operand.Series("m", a))),
        (2, Gen.Enum<RecordProperty>().Select(Operand.Property)));

    private static readonly Gen<Filter> AnyFilter = Gen.Recursive<Filter>((depth, self) =>
    {
        var compare = Gen.Select(AnyOperand, Gen.Enum<FilterOperator>(), SmallValue).Select((left, op, right) => (Filter)(op switch
        {
            FilterOperator.Like or FilterOperator.LikeIgnoreCase =>
                new Filter.Compare(left, op, T(right.Type == FieldType.Text ? $"%{right.AsText}_" : "%B%")),
            _ when right.Type is FieldType.Reference or FieldType.Digest && op > FilterOperator.NotEqual =>
                new Filter.Compare(left, FilterOperator.Equal, right),
            _ => new Filter.Compare(left, op, right),
        }));
        var leaf = Gen.OneOf(
            compare,
            compare,
            Gen.Select(AnyOperand, SmallValue.Array[1, 4]).Select((left, values) => (Filter)new Filter.OneOf(left, values)),
            AnyOperand.Select(left => (Filter)new Filter.IsMissing(left)));
        return depth >= 3
            ? leaf
            : Gen.OneOf(
                leaf,
                self.Select(f => (Filter)new Filter.Negation(f)),
                self.Array[0, 3].Select(f => (Filter)new Filter.AllOf(f)),
                self.Array[0, 3].Select(f => (Filter)new Filter.AnyOf(f)));
    });

    private static FieldValue RandomValue(Random random) => random.Next(8) switch
    {
        0 or 1 => N(random.Next(4)),
        2 => N(random.Next(2) == 0 ? double.NaN : double.PositiveInfinity),
        3 => random.Next(4) is var i ? T($"{i}", i) : default,
        4 or 5 => T(SmallTexts[random.Next(5)]),
        6 => FieldValue.Time(random.Next(3)),
        _ => random.Next(2) == 0 ? FieldValue.Reference(new RecordId(1)) : FieldValue.Digest(new Digest(0, 1)),
    };

    [SkippableFact]
    public async Task QueryAsync_random_filters_and_orders_agree_with_a_plain_evaluation()
    {
        await using var store = await OpenAsync();
        var random = new Random(11);
        var changes = new List<RecordChange>();
        var appends = new List<SeriesAppend>();
        for (var i = 0; i < 60; i++)
        {
            List<FieldWrite> fields = [];
            if (random.Next(4) > 0)
                fields.Add(new FieldWrite("f", FieldWriteMode.Replace, [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => RandomValue(random))]));
            if (random.Next(3) > 0)
                fields.Add(FieldWrite.Set("g", RandomValue(random)));
            if (random.Next(8) > 0)
                fields.Add(FieldWrite.Set("t", FieldValue.Time(random.Next(20))));
            var id = Ids.Next();
            changes.Add(Create(id, [.. fields]) with { Key = random.Next(3) == 0 ? null : $"{(i % 2 == 0 ? "a" : "B")}{i}" });
            if (random.Next(3) > 0)
                appends.Add(new SeriesAppend(id, "m", Columns(random.Next(3), 1 + random.Next(3), _ => random.Next(5) == 0 ? double.NaN : random.Next(4))));
        }

        await store.CommitAsync(Of([.. changes]) with { Appends = appends });
        var records = (await store.QueryAsync(new RecordQuery { Kind = "run", Limit = 1000 })).Records;
        var series = (await store.ListSeriesAsync([.. records.Select(r => r.Id)])).ToDictionary(s => s.Owner, s => s.Summary);
        var plain = new PlainEvaluator(records, series);

        var orders = Gen.Select(AnyOperand, Gen.Bool).Select((by, descending) => new RecordOrder(by, descending)).Array[0, 3];
        Gen.Select(AnyFilter, orders, Gen.Int[6, 12]).Sample(
            (filter, orderBy, limit) =>
            {
                var query = new RecordQuery { Kind = "run", Filter = filter, OrderBy = orderBy, Limit = limit };
                List<RecordId> found = [];
                do
                {
                    var page = store.QueryAsync(query).GetAwaiter().GetResult();
                    found.AddRange(page.Records.Select(r => r.Id));
                    query = query with { Cursor = page.Next };
                }
                while (query.Cursor is not null);
                Assert.Equal(plain.Find(filter, orderBy), found);
            },
            print: t => $"{Describe(t.Item1)} by {string.Join(", ", t.Item2.AsEnumerable())}, {t.Item3} at a time",
            seed: "0000KtgHTpj3",
            iter: 1500,
            threads: 1);
    }

    private static string Describe(Filter filter) => filter switch
    {
        Filter.OneOf oneOf => $"{oneOf.Left} in [{string.Join(", ", oneOf.Values)}]",
        Filter.AllOf all => $"all({string.Join(", ", all.Terms.Select(Describe))})",
        Filter.AnyOf any => $"any({string.Join(", ", any.Terms.Select(Describe))})",
        Filter.Negation negation => $"not({Describe(negation.Term)})",
        _ => filter.ToString(),
    };
}
