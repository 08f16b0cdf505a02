using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class ContentConformance
{
    [SkippableFact]
    public async Task RebuildIndex_older_than_the_packs_takes_what_was_packed_anew_since()
    {
        List<Digest> digests = [];
        for (var i = 0; i < 20; i++)
            digests.AddRange(await PutNamedAsync(Random(1000, i)));
        var dump = await ListCellsAsync();
        Release();
        await CollectAsync(2);
        Assert.Equal(1, await CountObjectsAsync());
        await ReplaceCellsAsync(dump);

        Assert.Equal(20, (await _content.RebuildIndexAsync()).Entries);
        await AssertReadableAsync(digests);
        Release();
        await CollectAsync(3);
        await AssertReadableAsync(digests);
    }

    private async Task CollectAsync(int times)
    {
        for (var i = 0; i < times; i++)
        {
            await _content.CollectGarbageAsync(Really);
            Time.Advance(TimeSpan.FromDays(2));
        }
    }

    private async Task<List<Cell>> ListCellsAsync() => [.. await _index.ListCellsAsync("chunk/"), .. await _index.ListCellsAsync("content/")];

    private async Task ReplaceCellsAsync(List<Cell> cells)
    {
        await WriteCellsAsync([.. (await ListCellsAsync()).Select(c => new CellWrite { Key = c.Key })]);
        await WriteCellsAsync([.. cells.Select(c => new CellWrite { Key = c.Key, Value = c.Value })]);
    }

    private Task<BatchResult> WriteCellsAsync(List<CellWrite> cells) =>
        _index.CommitAsync(new Batch { Actor = "test", ClientTime = Time.GetUtcNow(), Cells = cells });
}
