using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class MetadataStoreConformance
{
    protected static SeriesColumns Columns(int first, int count, Func<int, double>? value = null)
    {
        var steps = new long[count];
        var times = new long[count];
        var values = new double[count];
        for (var i = 0; i < count; i++)
        {
            steps[i] = first + i;
            times[i] = 1_000_000L * (first + i);
            values[i] = value?.Invoke(first + i) ?? Math.Sin(first + i);
        }

        return SeriesColumns.OfNumbers(steps, times, values);
    }

    private static double[] Numbers(IEnumerable<SeriesColumns> pieces) => [.. pieces.SelectMany(p => p.Numbers.ToArray())];

    private static long[] Steps(IEnumerable<SeriesColumns> pieces) => [.. pieces.SelectMany(p => p.Steps.ToArray())];

    [SkippableFact]
    public async Task ShowSeriesAsync_countsWhatItShowsAndChangesNothingElse()
    {
        await using var store = await OpenAsync();
        var (id, purged) = (Ids.Next(), Ids.Next());
        await store.CommitAsync(Of(Create(id), Create(purged)) with
        {
            Appends = [new SeriesAppend(id, "m.a", Columns(0, 20_000)), new SeriesAppend(id, "m.b", Columns(0, 3)), new SeriesAppend(id, "x", Columns(0, 5))],
        });
        await store.CommitAsync(Of(Update(purged) with { Purge = true }));
        var before = await store.CreateCheckpointAsync();

        Assert.Equal(20_003, await store.ShowSeriesAsync(id, "m."));
        Assert.Equal(20_008, await store.ShowSeriesAsync(id, ""));
        Assert.Equal(0, await store.ShowSeriesAsync(id, "no"));
        Assert.Equal(0, await store.ShowSeriesAsync(id, null));
        await Assert.ThrowsAsync<NotFoundException>(() => store.ShowSeriesAsync(purged, "m."));
        await Assert.ThrowsAsync<NotFoundException>(() => store.ShowSeriesAsync(Ids.Next(), null));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.ShowSeriesAsync(id, "m.", new CancellationToken(true)));
        Assert.Equal(5, await store.ShowSeriesAsync(id, "x"));

        Assert.Equal(before, await store.CreateCheckpointAsync());
        var report = await store.VerifyAsync(before);
        Assert.True(report.IsSound, string.Join('\n', report.Problems));
        Assert.Equal(20_008, report.Points);
    }

    [SkippableFact]
    public async Task ReadSeriesAsync_many_appends_come_back_in_order_of_arrival()
    {
        var id = Ids.Next();
        var expected = new List<double>();
        await using (var store = await OpenAsync())
        {
            await store.CommitAsync(Of(Create(id)));
            foreach (var count in new[] { 1, 100, 8191, 3, 20_000, 1, 8192 })
            {
                await store.CommitAsync(Of(new SeriesAppend(id, "m", Columns(expected.Count, count))));
                expected.AddRange(Columns(expected.Count, count).Numbers.ToArray());
            }
        }

        await using var again = await OpenAsync();
        var pieces = await ReadAsync(again, id, "m");
        Assert.Equal(expected, Numbers(pieces));
        Assert.Equal(Enumerable.Range(0, expected.Count).Select(i => (long)i), Steps(pieces));
        Assert.Equal(Enumerable.Range(0, expected.Count).Select(i => 1_000_000L * i), pieces.SelectMany(p => p.Times.ToArray()));
        Assert.All(pieces, p => Assert.True(p.Count > 0));
        Assert.Empty(await ReadAsync(again, id, "other"));
        Assert.Empty(await ReadAsync(again, Ids.Next(), "m"));
        Assert.Single(await again.ReadFeedAsync(0, 10));
        var report = await again.VerifyAsync();
        Assert.True(report.IsSound, string.Join('\n', report.Problems));
        Assert.Equal(expected.Count, report.Points);
    }

    [SkippableTheory]
    [InlineData(0, 0)]
    [InlineData(8191, 8192)]
    [InlineData(12_345, 12_345)]
    [InlineData(5_000, 18_000)]
    [InlineData(19_990, 50_000)]
    [InlineData(30_000, 40_000)]
    public async Task ReadSeriesAsync_range_of_steps_gives_exactly_its_points(long first, long last)
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store);
        await store.CommitAsync(Of(new SeriesAppend(id, "m", Columns(0, 20_000))));
        var pieces = await ReadAsync(store, id, "m", new SeriesRange { FirstStep = first, LastStep = last });
        Assert.Equal(Enumerable.Range(0, 20_000).Select(i => (long)i).Where(i => i >= first && i <= last), Steps(pieces));
    }

    [SkippableFact]
    public async Task ReadSeriesAsync_after_position_gives_what_came_later()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store);
        await store.CommitAsync(Of(new SeriesAppend(id, "m", Columns(0, 10_000))));
        var position = (await store.ListSeriesAsync([id])).Single().Position;
        Assert.Equal(10_000, position);
        Assert.Empty(await ReadAsync(store, id, "m", new SeriesRange { AfterPosition = position }));
        await store.CommitAsync(Of(new SeriesAppend(id, "m", Columns(-5, 3))));
        Assert.Equal(new List<long> { -5, -4, -3 }, Steps(await ReadAsync(store, id, "m", new SeriesRange { AfterPosition = position })));
        Assert.Equal(new List<long> { 9_999, -5, -4, -3 }, Steps(await ReadAsync(store, id, "m", new SeriesRange { AfterPosition = 9_999 })));
        Assert.Equal(new List<long> { -4, -3 }, Steps(await ReadAsync(store, id, "m", new SeriesRange { AfterPosition = 10_000, FirstStep = -4 })));
        Assert.Equal(10_003, Steps(await ReadAsync(store, id, "m")).Length);
    }

    [SkippableFact]
    public async Task ReadSeriesAsync_steps_in_disorder_are_selected_one_by_one()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store);
        await store.CommitAsync(Of(new SeriesAppend(id, "m", SeriesColumns.OfNumbers(new long[] { 5, 1, 6, 2, 5 }, new long[5], new double[] { 0, 1, 2, 3, 4 }))));
        Assert.Equal(new List<double> { 0, 2, 4 }, Numbers(await ReadAsync(store, id, "m", new SeriesRange { FirstStep = 5, LastStep = 6 })));
    }

    [SkippableFact]
    public async Task ReadSeriesAsync_begun_before_an_append_sees_the_state_before_it()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store);
        await store.CommitAsync(Of(new SeriesAppend(id, "m", Columns(0, 20_000))));
        var count = 0;
        await foreach (var piece in store.ReadSeriesAsync(id, "m", SeriesRange.All))
        {
            if (count == 0)
                await store.CommitAsync(Of(new SeriesAppend(id, "m", Columns(20_000, 20_000))));
            count += piece.Count;
        }

        Assert.Equal(20_000, count);
    }

    [SkippableFact]
    public async Task ReadSeriesAsync_purged_while_it_is_read_never_gives_points_of_another_series()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store);
        var other = await SeedAsync(store);
        await store.CommitAsync(Of(new SeriesAppend(id, "m", Columns(0, 30_000, _ => 1))));
        List<double> seen = [];
        await Assert.ThrowsAsync<NotFoundException>(async () =>
        {
            await foreach (var piece in store.ReadSeriesAsync(id, "m", SeriesRange.All))
            {
                if (seen.Count == 0)
                    await store.CommitAsync(Of(Update(id) with { Purge = true }) with { Appends = [new SeriesAppend(other, "m", Columns(0, 30_000, _ => 2))] });
                seen.AddRange(piece.Numbers.ToArray());
            }
        });
        Assert.All(seen, value => Assert.Equal(1, value));
    }

    [SkippableFact]
    public async Task CommitAsync_texts_and_digests_are_series_too()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store);
        var digests = Enumerable.Range(0, 300).Select(i => Digest.Of(BitConverter.GetBytes(i))).ToArray();
        string[] texts = ["", "ü𝄞", "a\0b"];
        await store.CommitAsync(Of(
            new SeriesAppend(id, "d", SeriesColumns.OfDigests(new long[300], new long[300], digests)),
            new SeriesAppend(id, "t", SeriesColumns.OfTexts(new long[] { 3, 1, 2 }, new long[3], texts)),
            new SeriesAppend(id, "m", Columns(0, 1))));
        Assert.Equal(digests, (await ReadAsync(store, id, "d")).SelectMany(p => p.Digests.ToArray()));
        Assert.Equal(texts, (await ReadAsync(store, id, "t")).SelectMany(p => p.Texts.ToArray()));
        var list = await store.ListSeriesAsync([id]);
        Assert.Equal(["d", "m", "t"], list.Select(s => s.Name));
        Assert.Equal([SeriesType.Digest, SeriesType.Number, SeriesType.Text], list.Select(s => s.Type));
        Assert.Equal((3L, 3L, double.NaN), (list[2].Summary.Count, list[2].Summary.LastStep, list[2].Summary.Last));
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(new SeriesAppend(id, "m", SeriesColumns.OfTexts(new long[1], new long[1], texts.AsMemory(0, 1))))));
        await Assert.ThrowsAsync<NotFoundException>(() => store.CommitAsync(Of(new SeriesAppend(Ids.Next(), "m", Columns(0, 1)))));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => store.DownsampleSeriesAsync(id, "t", SeriesRange.All, 10));
        Assert.True((await store.VerifyAsync()).IsSound);
    }

    [SkippableFact]
    public async Task ListSeriesAsync_owners_come_in_the_order_given()
    {
        await using var store = await OpenAsync();
        var first = await SeedAsync(store);
        var second = await SeedAsync(store);
        await store.CommitAsync(Of(
            new SeriesAppend(first, "b", Columns(0, 1)),
            new SeriesAppend(first, "Z", Columns(0, 1)),
            new SeriesAppend(second, "a", Columns(0, 2)),
            new SeriesAppend(first, "a", Columns(0, 3))));
        var list = await store.ListSeriesAsync([second, Ids.Next(), first]);
        Assert.Equal([(second, "a", 2L), (first, "Z", 1L), (first, "a", 3L), (first, "b", 1L)], list.Select(s => (s.Owner, s.Name, s.Position)));
    }

    [SkippableFact]
    public async Task ListSeriesAsync_summary_knows_nan_and_infinities()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store);
        await store.CommitAsync(Of(
            new SeriesAppend(id, "inf", SeriesColumns.OfNumbers(new long[] { 1, 2, 3, 3 }, new long[] { 1, 2, 9, 4 }, new double[] { double.PositiveInfinity, double.NaN, -2, double.NegativeInfinity })),
            new SeriesAppend(id, "nan", SeriesColumns.OfNumbers(new long[] { 7, 8 }, new long[] { 1, 2 }, new[] { double.NaN, double.NaN }))));
        var list = await store.ListSeriesAsync([id]);
        var inf = list[0].Summary;
        Assert.Equal((4L, 1L, 1L, 3L, 9L), (inf.Count, inf.NanCount, inf.FirstStep, inf.LastStep, inf.LastTime));
        Assert.Equal((-2.0, double.NegativeInfinity, 3L, double.PositiveInfinity, 1L), (inf.Last, inf.Min, inf.MinStep, inf.Max, inf.MaxStep));
        Assert.True(double.IsNaN(inf.Sum));
        var nan = list[1].Summary;
        Assert.Equal((2L, 2L, double.NaN, double.NaN, double.NaN), (nan.Count, nan.NanCount, nan.Last, nan.Min, nan.Max));
        Assert.True((await store.VerifyAsync()).IsSound);
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(500)]
    public async Task DownsampleSeriesAsync_keeps_every_point_and_extreme_at_its_step(int buckets)
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store);
        var random = new Random(4711);
        var values = Enumerable.Range(0, 50_000).Select(i => i % 1000 == 0 ? double.NaN : random.NextDouble() - 0.5).ToArray();
        values[31_234] = 1e9;
        values[17] = -1e9;
        await store.CommitAsync(Of(new SeriesAppend(id, "m", Columns(0, 50_000, i => values[i]))));
        var result = await store.DownsampleSeriesAsync(id, "m", SeriesRange.All, buckets);

        Assert.InRange(result.Count, 1, buckets);
        Assert.Equal(50_000, result.Sum(b => b.Count));
        Assert.Equal(50, result.Sum(b => b.NanCount));
        Assert.Equal((1e9, 31_234L), result.Select(b => (b.Max, b.MaxStep)).Max());
        Assert.Equal((-1e9, 17L), result.Select(b => (b.Min, b.MinStep)).Min());
        Assert.Equal(values.Where(v => !double.IsNaN(v)).Sum(), result.Sum(b => b.Sum), 3);
        Assert.All(result.Zip(result.Skip(1)), p => Assert.True(p.First.FirstStep < p.Second.FirstStep));
        foreach (var bucket in result)
        {
            var inside = Enumerable.Range((int)bucket.FirstStep, (int)(bucket.LastStep - bucket.FirstStep + 1)).Where(i => !double.IsNaN(values[i])).ToList();
            Assert.Equal(values[bucket.MinStep], bucket.Min);
            Assert.Equal(values[bucket.MaxStep], bucket.Max);
            Assert.Equal(inside.Min(i => values[i]), bucket.Min);
            Assert.Equal(inside.Max(i => values[i]), bucket.Max);
        }
    }

    [SkippableFact]
    public async Task DownsampleSeriesAsync_range_counts_only_its_points()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store);
        await store.CommitAsync(Of(new SeriesAppend(id, "m", Columns(0, 20_000, i => i))));
        var result = await store.DownsampleSeriesAsync(id, "m", new SeriesRange { FirstStep = 8_000, LastStep = 8_999 }, 10);
        Assert.Equal(1_000, result.Sum(b => b.Count));
        Assert.Equal((8_000.0, 8_999.0), (result[0].Min, result[^1].Max));
        Assert.Empty(await store.DownsampleSeriesAsync(id, "none", SeriesRange.All, 10));
        Assert.Empty(await store.DownsampleSeriesAsync(id, "m", new SeriesRange { FirstStep = 30_000 }, 10));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => store.DownsampleSeriesAsync(id, "m", SeriesRange.All, 0));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => store.DownsampleSeriesAsync(id, "m", SeriesRange.All, 100_001));
    }

    [SkippableTheory]
    [InlineData(100)]
    [InlineData(10_000)]
    public async Task CommitAsync_damaged_tail_takes_more_points_and_tells_who_reads(int before)
    {
        var id = Ids.Next();
        await using (var store = await OpenAsync())
        {
            await store.CommitAsync(Of(Create(id)));
            await store.CommitAsync(Of(new SeriesAppend(id, "m", Columns(0, before))));
        }

        Skip.IfNot(await TamperAsync(Tampering.Tail), "This backend cannot be tampered with here.");
        await using var again = await OpenAsync();
        await again.CommitAsync(Of(new SeriesAppend(id, "m", Columns(before, 50)), new SeriesAppend(id, "other", Columns(0, 5))));
        await again.CommitAsync(Of(new SeriesAppend(id, "m", Columns(before + 50, 9_000))));

        Assert.Equal(5, Numbers(await ReadAsync(again, id, "other")).Length);
        Assert.Equal(before + 9_050, (await again.ListSeriesAsync([id]))[0].Summary.Count);
        Assert.Equal(
            Columns(before, 9_050).Numbers.ToArray(), Numbers(await ReadAsync(again, id, "m", new SeriesRange { AfterPosition = before })));
        var error = await Assert.ThrowsAsync<IntegrityException>(() => ReadAsync(again, id, "m"));
        Assert.Contains("'m'", error.Message, StringComparison.Ordinal);
        Assert.Contains((await again.VerifyAsync()).Problems, p => p.Contains("series 'm' has a damaged block", StringComparison.Ordinal));
    }
}
