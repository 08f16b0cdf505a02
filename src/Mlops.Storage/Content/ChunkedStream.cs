using System.Buffers;

namespace Mlops.Storage;

/// <summary>Reads the chunks of a content in order, with a few requests ahead of the reader.</summary>
/// <param name="manifest">The list of the chunks.</param>
/// <param name="firstChunk">The first to read.</param>
/// <param name="checksChunks">Whether each is checked; otherwise the reader checks the whole.</param>
/// <param name="content">The digest of the whole.</param>
/// <param name="reader">Reads packs.</param>
/// <param name="index">Tells where the chunks are.</param>
/// <param name="moreAhead">
/// What all readers together may have ahead beyond one run each, which none has to wait for, so that their memory does not grow with
/// their number fivefold.
/// </param>
/// <param name="use">The lease; null where none could be had.</param>
internal sealed class ChunkedStream(
    Manifest manifest,
    int firstChunk,
    bool checksChunks,
    Digest content,
    PackReader reader,
    ContentIndex index,
    SemaphoreSlim moreAhead,
    ContentLease.Use? use) : ReadOnlyStream
{
    private const int RunBytes = PackBuilder.MostBytes;
    private const int LookedUpTogether = 1000;
    private const int RunsAhead = 4;

    /// <summary>How many runs beyond one each all readers have ahead: as many as four that read as fast as they can.</summary>
    public const int MoreAhead = 4 * (RunsAhead - 1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<Task<(byte[] Buffer, int Length)>> _ahead = new();
    private readonly Queue<IndexEntry> _located = new();
    private int _nextChunk = firstChunk;
    private byte[] _buffer = [];
    private int _mostAhead = 1; // more once it is seen that more than the beginning is wanted
    private int _moreAhead; // taken of what all share
    private int _position;
    private int _length;

    public override int Read(Span<byte> buffer)
    {
        // object stores have no synchronous reads; whoever reads synchronously waits here, and nothing that is awaited wants his thread
        if (_position == _length && !buffer.IsEmpty)
            AdvanceAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return Take(buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == _length && !buffer.IsEmpty)
            await AdvanceAsync(cancellationToken).ConfigureAwait(false);
        return Take(buffer.Span);
    }

    /// <summary>Hands over what was read as it is; the destination must not keep it.</summary>
    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_position == _length)
                await AdvanceAsync(cancellationToken).ConfigureAwait(false);
            if (_position == _length)
                return;
            await destination.WriteAsync(_buffer.AsMemory(_position, _length - _position), cancellationToken).ConfigureAwait(false);
            _position = _length;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        // what is read ahead writes to buffers that are given back, so it is waited for here too; it is cancelled, and soon over
        if (disposing)
            StopAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }

    private int Take(Span<byte> buffer)
    {
        var taken = Math.Min(buffer.Length, _length - _position);
        _buffer.AsSpan(_position, taken).CopyTo(buffer);
        _position += taken;
        return taken;
    }

    private async ValueTask AdvanceAsync(CancellationToken cancellationToken)
    {
        Release();
        if (use is not null)
            await use.TryRenewIfDueAsync(cancellationToken).ConfigureAwait(false);
        while (_ahead.Count < _mostAhead && MayReadOn() && await NextRunAsync(cancellationToken).ConfigureAwait(false) is { Count: > 0 } run)
            _ahead.Enqueue(Task.Run(() => ReadRunAsync(run), CancellationToken.None));
        _mostAhead = Math.Min(_mostAhead + 1, RunsAhead);
        if (!_ahead.TryPeek(out var next))
            return;

        // not taken before it is there: after a cancelled read the next one goes on with it
        (_buffer, _length) = await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        _ = _ahead.Dequeue();
        ReleaseMore();
    }

    private bool MayReadOn()
    {
        if (_ahead.Count <= _moreAhead)
            return true;
        if (!moreAhead.Wait(TimeSpan.Zero))
            return false;
        _moreAhead++;
        return true;
    }

    private void ReleaseMore()
    {
        for (; _moreAhead > Math.Max(0, _ahead.Count - 1); _moreAhead--)
            moreAhead.Release();
    }

    /// <summary>The next chunks that stand one behind the other in one pack; empty at the end.</summary>
    private async ValueTask<List<IndexEntry>> NextRunAsync(CancellationToken cancellationToken)
    {
        List<IndexEntry> run = [];
        var bytes = 0;
        while (true)
        {
            if (_located.Count == 0)
            {
                // should the look-up fail, what is in the run already must not be lost with it
                if (run.Count > 0)
                    return run;
                await LocateAsync(cancellationToken).ConfigureAwait(false);
            }

            if (!_located.TryPeek(out var next) || (run.Count > 0 && bytes + next.Entry.SizeBytes > RunBytes))
                return run;
            if (run.Count > 0 && (next.Pack != run[^1].Pack || next.Entry.Offset != run[^1].Entry.Offset + run[^1].Entry.Length))
                return run;
            run.Add(_located.Dequeue());
            bytes += next.Entry.SizeBytes;
        }
    }

    private async ValueTask LocateAsync(CancellationToken cancellationToken)
    {
        var chunks = manifest.Chunks.Skip(_nextChunk).Take(LookedUpTogether).ToList();
        if (chunks.Count == 0)
            return;
        var found = await index.FindAsync(PackEntryKind.Chunk, chunks.Select(c => c.Digest), cancellationToken).ConfigureAwait(false);
        foreach (var chunk in chunks)
        {
            _located.Enqueue(found.TryGetValue(chunk.Digest, out var entry) && entry.Entry.SizeBytes == chunk.SizeBytes
                ? entry
                : throw new IntegrityException($"Chunk {chunk.Digest} of content {content} is missing; store the content again, or restore a backup."));
        }

        _nextChunk += chunks.Count;
    }

    private async Task<(byte[] Buffer, int Length)> ReadRunAsync(List<IndexEntry> run)
    {
        var length = run.Sum(e => e.Entry.SizeBytes);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        await reader.ReadAsync(run, buffer.AsMemory(0, length), checksChunks, $"content {content}", _stop.Token).ConfigureAwait(false);
        return (buffer, length);
    }

    private void Release()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _position, _length) = ([], 0, 0);
    }

    private async ValueTask StopAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (var ahead in _ahead)
        {
            await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ahead.IsCompletedSuccessfully)
                ArrayPool<byte>.Shared.Return((await ahead.ConfigureAwait(false)).Buffer);
        }

        _ahead.Clear();
        ReleaseMore();
        Release();
        use?.Dispose();
        _stop.Dispose();
    }
}
