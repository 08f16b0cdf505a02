namespace Mlops.Storage;

/// <summary>
/// Stores entries in packs, and then says in the index where they are: bytes before references (W1). Packs are stored side by
/// side, a few at a time over all that write to the store. Used by one caller at a time.
/// </summary>
/// <param name="packs">Where to.</param>
/// <param name="use">The put.</param>
/// <param name="capacity">How many bytes of a pack are expected.</param>
internal sealed class PackWriter(PackStore packs, ContentLease.Use use, int capacity = 0) : IAsyncDisposable
{
    private readonly List<Task> _storing = [];
    private PackBuilder _builder = new(capacity);

    public async ValueTask AddAsync(
        PackEntryKind kind, Digest digest, ReadOnlyMemory<byte> bytes, byte[]? compressed, CancellationToken cancellationToken)
    {
        if (!_builder.HasRoomFor(compressed?.Length ?? bytes.Length))
            await StoreAsync([], cancellationToken).ConfigureAwait(false);
        _builder.Add(kind, digest, bytes.Span, compressed);
    }

    /// <summary>Stores what is gathered with <paramref name="manifest"/>, which is in the index only once everything before it is.</summary>
    public async Task FinishAsync(Digest content, Manifest? manifest, CancellationToken cancellationToken)
    {
        if (manifest is not null)
        {
            using var zstd = new Zstd();
            var list = manifest.Write();
            var compressed = zstd.TryCompress(list);
            if (!_builder.HasRoomFor(compressed?.Length ?? list.Length))
                await StoreAsync([], cancellationToken).ConfigureAwait(false);
            _builder.Add(PackEntryKind.Manifest, content, list, compressed, manifest.SizeBytes);
        }

        await StoreAsync([.. _storing], cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(_storing).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        // after a failure the others are waited for, since they read buffers that are given back here
        await Task.WhenAll(_storing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _builder.Dispose();
    }

    /// <summary>Stores what is gathered, which is in the index only once <paramref name="before"/> are done.</summary>
    private async Task StoreAsync(Task[] before, CancellationToken cancellationToken)
    {
        if (_builder.Count == 0)
            return;

        // what failed is told before more is stored
        await Task.WhenAll(_storing.Where(t => t.IsCompleted)).ConfigureAwait(false);
        _storing.RemoveAll(t => t.IsCompletedSuccessfully);
        await packs.Slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        var full = _builder;
        _builder = new PackBuilder(capacity);
        _storing.Add(Task.Run(() => StoreAsync(full, before, cancellationToken), CancellationToken.None));
    }

    private async Task StoreAsync(PackBuilder builder, Task[] before, CancellationToken cancellationToken)
    {
        IReadOnlyList<CellWrite> cells;
        try
        {
            using (builder)
            {
                var pack = builder.Finish();
                await packs.PutAsync(pack, cancellationToken).ConfigureAwait(false);
                cells = [.. pack.Entries.Select(e => IndexEntry.Of(pack.Name, e).ToWrite())];
            }
        }
        finally
        {
            packs.Slots.Release(); // before the index is asked, so that a slow one holds back no transfer
        }

        await Task.WhenAll(before).ConfigureAwait(false);
        await use.CommitAsync(cells, cancellationToken).ConfigureAwait(false);
    }
}
