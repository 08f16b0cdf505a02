namespace Mlops.Storage;

/// <summary>
/// Stores contents that are one piece. Those that come while others are being stored wait for each other and become one pack,
/// so that thousands of small files cost few flushes; one alone waits for nothing. Thread-safe.
/// </summary>
internal sealed class SmallPuts(PackStore packs, ContentIndex index)
{
    private const int SideBySide = 2;
    private readonly Queue<Waiting> _waiting = new();
    private int _working;

    public Task PutAsync(ContentInfo info, ReadOnlyMemory<byte> bytes, ContentLease.Use use, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(info, bytes, use, cancellationToken);
        lock (_waiting)
        {
            _waiting.Enqueue(waiting);
            if (_working == SideBySide)
                return waiting.Done.Task;
            _working++;
        }

        _ = Task.Run(WorkAsync, CancellationToken.None);

        // once taken it is not left before its bytes are read, which are the caller's again then
        return waiting.Done.Task;
    }

    private async Task WorkAsync()
    {
        while (Take() is { Count: > 0 } group)
        {
            // stored together, they end once nobody wants any of them
            using var stop = new CancellationTokenSource();
            var wanted = group.Count;
            Action<object?> leave = _ =>
            {
                if (Interlocked.Decrement(ref wanted) == 0)
                    stop.Cancel();
            };
            var leaving = group.ConvertAll(w => w.CancellationToken.UnsafeRegister(leave, null));
            try
            {
                await StoreAsync(group, stop.Token).ConfigureAwait(false);
                foreach (var waiting in group)
                    waiting.Done.TrySetResult();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                foreach (var waiting in group)
                    waiting.Done.TrySetCanceled(waiting.CancellationToken);
            }
            catch (Exception e)
            {
                // each of the callers is told
                foreach (var waiting in group)
                    waiting.Done.TrySetException(e);
            }
            finally
            {
                foreach (var registration in leaving)
                    await registration.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private List<Waiting> Take()
    {
        List<Waiting> group = [];
        var bytes = 0;
        lock (_waiting)
        {
            // what fits into one pack
            while (_waiting.TryPeek(out var next) && (group.Count == 0 || PackBuilder.SizeOf(group.Count + 1, bytes + next.Bytes.Length) <= PackBuilder.MostBytes))
            {
                _waiting.Dequeue();
                if (!next.TryTake())
                    continue;
                group.Add(next);
                bytes += next.Bytes.Length;
            }

            if (group.Count == 0)
                _working--;
        }

        return group;
    }

    private async Task StoreAsync(List<Waiting> group, CancellationToken cancellationToken)
    {
        var use = group[^1].Use; // none ends before its put, and of several leases the last one stands
        HashSet<Digest> digests = [.. group.Select(w => w.Info.Digest)];
        var known = await index.FindUsableAsync(PackEntryKind.Content, digests, use, cancellationToken).ConfigureAwait(false);
        var writer = new PackWriter(packs, use);
        await using (writer.ConfigureAwait(false))
        {
            using var zstd = new Zstd();
            foreach (var waiting in group)
            {
                if (digests.Remove(waiting.Info.Digest) && !known.ContainsKey(waiting.Info.Digest))
                    await writer.AddAsync(PackEntryKind.Content, waiting.Info.Digest, waiting.Bytes, zstd.TryCompress(waiting.Bytes.Span), cancellationToken).ConfigureAwait(false);
            }

            await writer.FinishAsync(default, manifest: null, cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class Waiting
    {
        private readonly CancellationTokenRegistration _registration;
        private int _isTakenOrCancelled;

        public Waiting(ContentInfo info, ReadOnlyMemory<byte> bytes, ContentLease.Use use, CancellationToken cancellationToken)
        {
            (Info, Bytes, Use, CancellationToken) = (info, bytes, use, cancellationToken);
            _registration = cancellationToken.UnsafeRegister(static waiting => ((Waiting)waiting!).Cancel(), this);
        }

        public ContentInfo Info { get; }

        public ReadOnlyMemory<byte> Bytes { get; }

        public ContentLease.Use Use { get; }

        public CancellationToken CancellationToken { get; }

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>False if it was cancelled before.</summary>
        public bool TryTake()
        {
            _registration.Unregister();
            return Interlocked.Exchange(ref _isTakenOrCancelled, 1) == 0;
        }

        private void Cancel()
        {
            if (Interlocked.Exchange(ref _isTakenOrCancelled, 1) == 0)
                Done.TrySetCanceled(CancellationToken);
        }
    }
}
