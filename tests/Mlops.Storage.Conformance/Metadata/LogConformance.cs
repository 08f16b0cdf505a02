using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class MetadataStoreConformance
{
    [SkippableFact]
    public async Task ReadChainAsync_entries_are_hashed_in_a_chain_over_salted_digests()
    {
        await using var store = await OpenAsync();
        var id = Ids.Next();
        await store.CommitAsync(Of(Create(id, FieldWrite.Set("a", N(1)), FieldWrite.Set("b", N(2))) with { Body = "x"u8.ToArray() }));
        Time.Advance(TimeSpan.FromSeconds(5));
        await store.CommitAsync(Of(Update(id, FieldWrite.Set("a", N(1)), FieldWrite.Remove("b")) with { ClientTime = Start.AddDays(1), Action = "run.tagged" }) with { Actor = "grace" });

        var chain = await store.ReadChainAsync(id);
        Assert.Equal(2, chain.Count);
        var (first, second) = (chain[0].Entry, chain[1].Entry);
        Assert.Equal((id, 1L, "run.created", "ada", Microseconds.From(Start), Microseconds.From(Start), 3, true), (first.Record, first.Sequence, first.Action, first.Actor, first.CommitTime, first.ClientTime, first.Items.Count, first.Previous.IsEmpty));
        Assert.Equal((2L, "run.tagged", "grace", Microseconds.From(Start.AddSeconds(5)), Microseconds.From(Start.AddDays(1)), 1), (second.Sequence, second.Action, second.Actor, second.CommitTime, second.ClientTime, second.Items.Count));
        Assert.Equal(chain[0].Hash, second.Previous);
        Assert.All(chain, e => Assert.Equal((e.Hash, "run"), (Digest.Of(LogEntryCodec.Encode(e.Entry)), e.Kind)));
        Assert.Equal(5, first.Items.Concat(second.Items).Append(first.Previous).Distinct().Count());
        Assert.Empty(await store.ReadChainAsync(Ids.Next()));
    }

    [SkippableFact]
    public async Task ReadFeedAsync_follows_commits_in_order()
    {
        await using var store = await OpenAsync();
        var ids = new List<RecordId>();
        for (var i = 0; i < 10; i++)
            ids.Add(await SeedAsync(store));
        await store.CommitAsync(Of(Update(ids[3], FieldWrite.Set("a", N(1))), Update(ids[1], FieldWrite.Set("a", N(1)))));
        List<FeedEntry> feed = [];
        for (IReadOnlyList<FeedEntry> page; (page = await store.ReadFeedAsync(feed.Count == 0 ? 0 : feed[^1].Position, 5)).Count > 0;)
            feed.AddRange(page);
        Assert.Equal([.. ids, ids[3], ids[1]], feed.Select(e => e.Entry.Record));
        Assert.All(feed.Zip(feed.Skip(1)), p => Assert.True(p.First.Position < p.Second.Position));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => store.ReadFeedAsync(0, 0));
    }

    [SkippableFact]
    public async Task ReadFeedAsync_concurrent_writers_nothing_is_skipped()
    {
        const int writers = 3;
        const int each = 40;
        await using var reader = await OpenAsync();
        var stores = new IMetadataStore[writers];
        for (var i = 0; i < writers; i++)
            stores[i] = await OpenAsync();
        var ids = Enumerable.Range(0, writers * each).Select(_ => Ids.Next()).ToArray();
        var writing = Task.WhenAll(stores.Select((store, w) => Task.Run(async () =>
        {
            for (var i = w * each; i < (w + 1) * each; i++)
                await store.CommitAsync(Of(Create(ids[i])));
        })));

        List<RecordId> seen = [];
        var position = 0L;
        while (true)
        {
            var last = writing.IsCompleted;
            var page = await reader.ReadFeedAsync(position, 7);
            seen.AddRange(page.Select(e => e.Entry.Record));
            position = page.Count > 0 ? page[^1].Position : position;
            if (last && page.Count == 0)
                break;
            await Task.Yield();
        }

        await writing;
        Assert.Equal(ids.Order(), seen.Order());
        foreach (var store in stores)
            await store.DisposeAsync();
    }

    [SkippableFact]
    public async Task VerifyAsync_checkpoint_matches_as_of_its_position()
    {
        Checkpoint checkpoint;
        var id = Ids.Next();
        await using (var store = await OpenAsync())
        {
            await SeedAsync(store, FieldWrite.Set("a", N(1)));
            await store.CommitAsync(Of(Create(id, FieldWrite.Set("a", T("x"))) with { Body = "b"u8.ToArray() }));
            checkpoint = await store.CreateCheckpointAsync();
            await store.CommitAsync(Of(Update(id, FieldWrite.Set("a", T("y")))));
            await SeedAsync(store);
        }

        await using var again = await OpenAsync();
        var report = await again.VerifyAsync(checkpoint);
        Assert.Equal((3L, 4L, 0L, true, true), (report.Records, report.Entries, report.Points, report.CheckpointMatches, report.IsSound));
        Assert.Null((await again.VerifyAsync()).CheckpointMatches);
        var other = await again.VerifyAsync(checkpoint with { Root = Digest.Of("other"u8) });
        Assert.Equal((false, false, 0), (other.CheckpointMatches, other.IsSound, other.Problems.Count));

        var heads = await Task.WhenAll((await again.QueryAsync(new RecordQuery { Kind = "run" })).Records.Select(r => again.ReadChainAsync(r.Id)));
        var bytes = new MemoryStream();
        foreach (var head in heads.Select(c => c[^1]).OrderBy(e => e.Entry.Record))
        {
            var buffer = new byte[56];
            head.Entry.Record.Write(buffer);
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(16), head.Entry.Sequence);
            head.Hash.Write(buffer.AsSpan(24));
            bytes.Write(buffer);
        }

        Assert.Equal(Digest.Of(bytes.ToArray()), (await again.CreateCheckpointAsync()).Root);
    }

    [SkippableTheory]
    [InlineData(Tampering.Field, "field 'secret'")]
    [InlineData(Tampering.Body, "the body")]
    [InlineData(Tampering.LogEntry, "log")]
    [InlineData(Tampering.LogEnd, "log")]
    [InlineData(Tampering.Points, "series 'm'")]
    public async Task VerifyAsync_tampered_store_names_the_record(Tampering what, string named)
    {
        var id = Ids.Next();
        Checkpoint checkpoint;
        await using (var store = await OpenAsync())
        {
            await store.CommitAsync(Of(Create(id, FieldWrite.Set("secret", T("x"))) with { Body = "b"u8.ToArray() }));
            await store.CommitAsync(Of(Update(id, FieldWrite.Set("other", N(1)))));
            await store.CommitAsync(Of(new SeriesAppend(id, "m", Columns(0, 10_000))));
            checkpoint = await store.CreateCheckpointAsync();
        }

        Skip.IfNot(await TamperAsync(what), "This backend cannot be tampered with here.");
        await using var again = await OpenAsync();
        var report = await again.VerifyAsync(checkpoint);
        Assert.False(report.IsSound);
        if (what == Tampering.LogEnd)
            Assert.False(report.CheckpointMatches);
        else
            Assert.Contains(report.Problems, p => p.Contains(id.ToString(), StringComparison.Ordinal) && p.Contains(named, StringComparison.Ordinal));
        if (what == Tampering.Points)
            await Assert.ThrowsAsync<IntegrityException>(() => ReadAsync(again, id, "m"));
    }

    [SkippableTheory]
    [InlineData(Tampering.NoText)]
    [InlineData(Tampering.FieldType)]
    [InlineData(Tampering.FieldDigest)]
    [InlineData(Tampering.LogHash)]
    [InlineData(Tampering.Head)]
    public async Task VerifyAsync_damaged_row_is_one_problem_of_its_record_and_the_rest_is_checked(Tampering what)
    {
        RecordId damaged, last;
        await using (var store = await OpenAsync())
        {
            await SeedAsync(store, FieldWrite.Set("secret", T("z")));
            damaged = await SeedAsync(store, FieldWrite.Set("secret", T("x")), FieldWrite.Set("digest", FieldValue.Digest(Digest.Of("x"u8))));
            await store.CommitAsync(Of(Update(damaged, FieldWrite.Set("other", N(1)))));
            last = Ids.Next();
            await store.CommitAsync(Of(Create(last, FieldWrite.Set("secret", T("z"))) with { Body = "b"u8.ToArray() }));
        }

        Skip.IfNot(await TamperAsync(what) && await TamperAsync(Tampering.Body), "This backend cannot be tampered with here.");
        await using var again = await OpenAsync();
        var problems = (await again.VerifyAsync()).Problems;
        Assert.Equal(2, problems.Count);
        Assert.Contains(damaged.ToString(), problems[0], StringComparison.Ordinal);
        Assert.Contains($"{last}: the body", problems[1], StringComparison.Ordinal);
        if (what is not (Tampering.LogHash or Tampering.Head))
            await Assert.ThrowsAsync<IntegrityException>(() => again.FindRecordAsync(damaged));
    }
}
