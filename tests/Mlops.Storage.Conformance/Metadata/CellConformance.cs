using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class MetadataStoreConformance
{
    private static CellWrite Write(string key, byte value, long? expected = null) =>
        new() { Key = key, Value = new[] { value }, ExpectedVersion = expected };

    [SkippableFact]
    public async Task CommitAsync_cell_version_must_hold_and_is_never_used_twice()
    {
        await using var store = await OpenAsync();
        await store.CommitAsync(Of(Write("k", 1, 0)));
        var first = await store.FindCellAsync("k");
        Assert.Equal([1], first!.Value.ToArray());
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(Write("k", 2, 0))));
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(Write("k", 2, first.Version + 1))));
        await store.CommitAsync(Of(Write("k", 2, first.Version)));
        var second = await store.FindCellAsync("k");
        Assert.Equal([2], second!.Value.ToArray());
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(new CellWrite { Key = "k", ExpectedVersion = first.Version })));
        await store.CommitAsync(Of(new CellWrite { Key = "k", ExpectedVersion = second.Version }));
        Assert.Null(await store.FindCellAsync("k"));
        await store.CommitAsync(Of(Write("k", 3)));
        var third = await store.FindCellAsync("k");
        Assert.Equal(3, new[] { first.Version, second.Version, third!.Version }.Distinct().Count());
        Assert.Empty(await store.ReadFeedAsync(0, 1));
    }

    [SkippableFact]
    public async Task FindCellsAsync_finds_those_that_are_there_once_each()
    {
        await using var store = await OpenAsync();
        await store.CommitAsync(Of(Write("a", 1), Write("b", 2), Write("c", 3)));
        var found = await store.FindCellsAsync(["c", "absent", "a", "a", "\0", ""]);
        Assert.Equal([("a", 1), ("c", 3)], found.Select(c => (c.Key, (int)c.Value.Span[0])).Order());
        Assert.Equal(found.Single(c => c.Key == "a").Version, (await store.FindCellAsync("a"))!.Version);
        Assert.Empty(await store.FindCellsAsync([]));
    }

    [SkippableFact]
    public async Task CommitAsync_failed_cell_fails_the_whole_batch()
    {
        await using var store = await OpenAsync();
        var id = Ids.Next();
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(Create(id)) with { Cells = [Write("a", 1), Write("b", 1, 7)] }));
        Assert.Null(await store.FindRecordAsync(id));
        Assert.Null(await store.FindCellAsync("a"));
    }

    [SkippableFact]
    public async Task CommitAsync_cell_written_with_the_purge_of_its_owner_is_a_new_one()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store);
        await store.CommitAsync(Of(Write("a", 1) with { Owner = id }, Write("b", 1) with { Owner = id }));
        await store.CommitAsync(Of(Update(id) with { Purge = true }) with { Cells = [Write("a", 2)] });
        Assert.Equal([2], (await store.FindCellAsync("a"))!.Value.ToArray());
        Assert.Null(await store.FindCellAsync("b"));
    }

    [SkippableFact]
    public async Task FindCellAsync_expires_on_the_clock_of_the_store()
    {
        await using var store = await OpenAsync();
        var id = await SeedAsync(store);
        await store.CommitAsync(Of(new CellWrite { Key = "lease", Value = new byte[] { 1 }, Lifetime = TimeSpan.FromSeconds(30), Owner = id }));
        var cell = await store.FindCellAsync("lease");
        Assert.Equal((Start.AddSeconds(30), id), (cell!.Expires, cell.Owner!.Value));
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(Write("lease", 2, 0))));

        Time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMicroseconds(1));
        Assert.NotNull(await store.FindCellAsync("lease"));
        Time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Null(await store.FindCellAsync("lease"));
        Assert.Empty(await store.ListCellsAsync("l"));
        await Assert.ThrowsAsync<ConflictException>(() => store.CommitAsync(Of(Write("lease", 2, cell.Version))));
        await store.CommitAsync(Of(Write("lease", 2, 0)));
        Assert.Equal([2], (await store.FindCellAsync("lease"))!.Value.ToArray());
    }

    [SkippableFact]
    public async Task CommitAsync_cell_that_lives_for_ever_has_no_end()
    {
        await using var store = await OpenAsync();
        await store.CommitAsync(Of(new CellWrite { Key = "a", Value = Array.Empty<byte>(), Lifetime = TimeSpan.MaxValue }, Write("b", 1)));
        var cell = await store.FindCellAsync("a");
        Assert.Equal((0, (DateTimeOffset?)null), (cell!.Value.Length, cell.Expires));
        Assert.Null((await store.FindCellAsync("b"))!.Owner);
    }

    [SkippableFact]
    public async Task ListCellsAsync_prefix_by_key_ordinally()
    {
        await using var store = await OpenAsync();
        string[] keys = ["p/b", "p/", "p/Z", "p/\uFF00", "p/𝄞", "p", "q/a", "p%"];
        await store.CommitAsync(Of([.. keys.Select(k => Write(k, 1))]));
        Assert.Equal(keys.Where(k => k.StartsWith("p/", StringComparison.Ordinal)).Order(StringComparer.Ordinal), (await store.ListCellsAsync("p/")).Select(c => c.Key));
        Assert.Equal(8, (await store.ListCellsAsync("")).Count);
        Assert.Empty(await store.ListCellsAsync("r"));
    }

    [SkippableFact]
    public async Task CommitAsync_racing_handles_only_one_takes_the_lease()
    {
        await using var first = await OpenAsync();
        await using var second = await OpenAsync();
        var wins = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(async () =>
        {
            try
            {
                await (i % 2 == 0 ? first : second).CommitAsync(Of(Write("lease", (byte)i, 0)));
                return 1;
            }
            catch (ConflictException)
            {
                return 0;
            }
        })));
        Assert.Equal(1, wins.Sum());
    }
}
