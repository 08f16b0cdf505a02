using Xunit;

namespace Mlops.Storage.Conformance;

/// <summary>Puts while the index is away: they wait for it once, and become whole objects.</summary>
public abstract partial class ContentConformance
{
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Put_index_away_asks_it_once_in_a_while(bool isLeaseDue)
    {
        var line = new FaultyStore(_index);
        var store = new ContentStore(Objects, line, Time);
        if (!isLeaseDue)
            await store.PutAsync(Random(10));
        line.IsAway = true;
        var path = Path.Combine(Folder, "source");
        await File.WriteAllBytesAsync(path, Random(2_000_000, 1));
        for (var i = 0; i < 5; i++)
            await store.PutAsync(Random(1000, i));
        await store.PutAsync(new TestStream(Random(2_000_000, 2), 65_536));
        await store.PutFileAsync(path);
        Assert.Equal(1, line.Refused);

        Time.Advance(TimeSpan.FromSeconds(11));
        await Task.WhenAll(Enumerable.Range(5, 5).Select(i => store.PutAsync(Random(1000, i))));
        Assert.Equal(2, line.Refused);
        Assert.Equal(12, (await WholeNamesAsync()).Count);

        line.IsAway = false;
        Time.Advance(TimeSpan.FromSeconds(11));
        await store.PutAsync(Random(1000, 10));
        await store.PutAsync(Random(1000, 11));
        Assert.Equal(12, (await WholeNamesAsync()).Count);
        Assert.Equal(12 + 2 + (isLeaseDue ? 0 : 1), (await ListAsync()).Count);
    }

    [SkippableFact]
    public async Task Put_waiting_behind_one_that_does_not_reach_the_index_does_not_ask_in_its_turn()
    {
        var gate = new TaskCompletionSource();
        var line = new FaultyStore(_index) { IsAway = true, Gate = gate.Task };
        var store = new ContentStore(Objects, line, Time);
        var puts = Enumerable.Range(0, 20).Select(i => store.PutAsync(Random(1000, i))).ToList();
        gate.SetResult();
        await Task.WhenAll(puts);
        Assert.Equal(1, line.Refused);
        Assert.Equal(20, (await WholeNamesAsync()).Count);
    }

    [SkippableFact]
    public async Task Put_cancelled_while_the_index_does_not_answer_ends_at_once()
    {
        var gate = new TaskCompletionSource();
        var line = new FaultyStore(_index) { Gate = gate.Task };
        var store = new ContentStore(Objects, line, Time);
        using var cancel = new CancellationTokenSource();
        var puts = Enumerable.Range(0, 3).Select(i => store.PutAsync(Random(1000, i), cancel.Token)).ToList();
        await cancel.CancelAsync();
        foreach (var put in puts)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
        gate.SetResult();
        await store.PutAsync(Random(1000));
        Assert.Empty(await WholeNamesAsync());
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Put_large_index_away_since_it_began_becomes_a_whole_object(bool isStream)
    {
        var line = new FaultyStore(_index);
        var store = new ContentStore(Objects, line, Time);
        await store.PutAsync(Random(10)); // so that no lease is due
        var bytes = Random(20_000_000);
        line.FailNext(isStream ? 1 : 0);
        line.IsAway = !isStream;
        using var stream = new MemoryStream([1, 2, 3, .. bytes]) { Position = 3 };
        var info = await (isStream ? store.PutAsync(stream) : store.PutAsync(bytes));
        line.IsAway = false;
        Assert.Equal(new ContentInfo(Digest.Of(bytes), bytes.Length), info);
        Assert.Equal([ContentStore.NameOf(info.Digest)], await WholeNamesAsync());
        Assert.Equal(bytes, await store.ReadAllAsync(info.Digest));
    }

    [SkippableFact]
    public async Task Put_once_readable_index_away_before_the_next_lease_is_due_becomes_a_whole_object()
    {
        var line = new FaultyStore(_index);
        var store = new ContentStore(Objects, line, Time);
        await store.PutAsync(Random(10));
        line.IsAway = true;
        var bytes = Random(3_000_000);
        var info = await store.PutAsync(new TestStream(bytes, 65_536));
        line.IsAway = false;
        Assert.Equal(bytes, await store.ReadAllAsync(info.Digest));
    }

    [SkippableFact]
    public async Task Put_index_away_larger_than_one_object_may_be_is_unavailable_until_it_is_back()
    {
        var line = new FaultyStore(_index) { IsAway = true };
        var store = new ContentStore(new NarrowObjects(Objects), line, Time);
        var bytes = Random(9_000_000);
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => store.PutAsync(bytes));
        Assert.Contains("9000000 bytes", error.Message, StringComparison.Ordinal);
        line.IsAway = false;
        Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(bytes, await store.ReadAllAsync((await store.PutAsync(bytes)).Digest));
    }

    [SkippableTheory]
    [InlineData(1000, false)]
    [InlineData(30_000_000, false)]
    [InlineData(30_000_000, true)]
    public async Task Put_machine_slept_through_its_lease_is_made_once_more(int size, bool isFile)
    {
        var hasSlept = false;
        var store = new ContentStore(new InterceptedObjects(Objects, Sleep), _index, Time);
        var bytes = Random(size);
        var path = Path.Combine(Folder, "source");
        await File.WriteAllBytesAsync(path, bytes);
        var info = await (isFile ? store.PutFileAsync(path) : store.PutAsync(bytes));
        Assert.True(hasSlept);
        Assert.Equal([info], await ListAsync());
        Assert.Empty(await WholeNamesAsync());
        Assert.Equal(bytes, await store.ReadAllAsync(info.Digest));

        void Sleep()
        {
            if (hasSlept)
                return;
            hasSlept = true;
            Time.Advance(TimeSpan.FromHours(9));
        }
    }

    /// <summary>Takes no object over 8 MiB, as others take none over many GB.</summary>
    private sealed class NarrowObjects(IObjectStore inner) : PassingObjects(inner)
    {
        public override Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default) =>
            content.Length > 8 << 20 ? throw new ArgumentException("It is too large.", nameof(content)) : base.PutIfAbsentAsync(name, content, cancellationToken);
    }
}
