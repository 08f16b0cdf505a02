namespace Mlops.Storage;

/// <summary>
/// Stores contents that are one piece. Those that come while others are being stored wait for each other and become one pack,
/// so that thousands of small files cost few flushes; one alone waits for nothing. Thread-safe.
/// </summary>
internal sealed class SmallPuts(PackStore packs, ContentIndex index, ContentLease lease)
{
    private const int SideBySide = 2;
    private readonly Queue<Waiting> _waiting = new();
    private int _working;

    /// <summary>Whoever cancels ends at once, and nobody reads his bytes any more; those stored with them go on.</summary>
    public Task PutAsync(ContentInfo info, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(info, bytes, cancellationToken);
        lock (_waiting)
        {
            _waiting.Enqueue(waiting);
            if (_working == SideBySide)
                return waiting.Done.Task;
            _working++;
        }

        _ = Task.Run(WorkAsync, CancellationToken.None);
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
                foreach (var waiting in group)
                    waiting.Forget();
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
                if (next.HasLeft)
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
        // those of the callers end when they leave
        using var use = await lease.EnterAsync(asks: false, cancellationToken).ConfigureAwait(false);
        HashSet<Digest> digests = [.. group.Select(w => w.Info.Digest)];
        var known = await index.FindUsableAsync(PackEntryKind.Content, digests, use, cancellationToken).ConfigureAwait(false);

        // one that was put as a large content, since its file grew meanwhile, needs chunks that nobody looks up here
        digests.ExceptWith(known.Values.Where(e => e.Entry.Kind == PackEntryKind.Content).Select(e => e.Entry.Digest));
        var writer = new PackWriter(packs, use);
        await using (writer.ConfigureAwait(false))
        {
            using var zstd = new Zstd();
            foreach (var waiting in group)
            {
                if (!digests.Contains(waiting.Info.Digest) || !waiting.TryBeginReading())
                    continue;
                try
                {
                    await writer.AddAsync(PackEntryKind.Content, waiting.Info.Digest, waiting.Bytes, zstd.TryCompress(waiting.Bytes.Span), cancellationToken).ConfigureAwait(false);
                    digests.Remove(waiting.Info.Digest);
                }
                finally
                {
                    waiting.EndReading();
                }
            }

            await writer.FinishAsync(default, manifest: null, cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class Waiting
    {
        private const int Resting = 0;
        private const int Reading = 1;
        private const int Left = 2;
        private readonly CancellationTokenRegistration _registration;
        private int _state;

        public Waiting(ContentInfo info, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            (Info, Bytes, CancellationToken) = (info, bytes, cancellationToken);
            _registration = cancellationToken.UnsafeRegister(static waiting => ((Waiting)waiting!).Leave(), this);
        }

        public ContentInfo Info { get; }

        public ReadOnlyMemory<byte> Bytes { get; }

        public CancellationToken CancellationToken { get; }

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool HasLeft => Volatile.Read(ref _state) == Left;

        /// <summary>False if the caller has left, and with him his bytes. He does not leave while they are read.</summary>
        public bool TryBeginReading() => Interlocked.CompareExchange(ref _state, Reading, Resting) == Resting;

        public void EndReading()
        {
            Interlocked.Exchange(ref _state, Resting);
            if (CancellationToken.IsCancellationRequested)
                Leave();
        }

        public void Forget() => _registration.Unregister();

        private void Leave()
        {
            if (Interlocked.CompareExchange(ref _state, Left, Resting) == Resting)
                Done.TrySetCanceled(CancellationToken);
        }
    }
}
