using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// What this client logs, in order, until the store has it: points and closed batches in memory-mapped segments that outlive
/// the process. Writing reserves slots with one interlocked addition, fills them and commits each by its last word; it never
/// touches the store. Thread-safe.
/// </summary>
internal sealed class Journal
{
    /// <summary>Largest payload of a frame; it fits into the second smallest segment.</summary>
    public const int MaxPayloadBytes = 512 * 1024;

    /// <summary>What stands before the text in a frame of one, and before the value of a point in one.</summary>
    public const int EntryHeadBytes = 20;

    /// <summary>The payload of a point that needs a frame.</summary>
    public const int PointBytes = EntryHeadBytes + 8;

    private const long PatienceMilliseconds = 1000;
    private static readonly TimeSpan WaitForRoom = TimeSpan.FromMilliseconds(100);
    private readonly SegmentSupply _supply;
    private readonly Lock _switching = new();
    private readonly RecordId _writer;
    private readonly TimeProvider _time;
    private Segment _current;
    private Segment? _marked;
    private uint _keys;
    private volatile bool _stalled;
    private volatile bool _isClosed;
    private volatile Action? _wrote;
    private long _progress = Environment.TickCount64;

    public Journal(SegmentSupply supply, RecordId writer, TimeProvider time)
    {
        _supply = supply;
        _writer = writer;
        _time = time;
        Oldest = _current = supply.TakeFirst();
        Begin(_current, 0);
    }

    /// <summary>The segment where draining begins; only the drainer moves it.</summary>
    public Segment Oldest { get; private set; }

    /// <summary>The sequence behind everything that was logged by now.</summary>
    public long Position
    {
        get
        {
            var current = Volatile.Read(ref _current);
            return current.Base + current.Reserved;
        }
    }

    /// <summary>Set while the store takes nothing: then callers do not wait for room.</summary>
    public bool Stalled
    {
        set => _stalled = value;
    }

    /// <summary>
    /// Asks for one call, by whoever writes next. What was written before this returns is in <see cref="Position"/>; everything
    /// after it brings the call.
    /// </summary>
    public void TellOfNextWrite(Action wrote)
    {
        _wrote = wrote;

        // a writer reserves its slots with an interlocked addition and then looks at the field; here it is the other way round
        Interlocked.MemoryBarrier();
    }

    /// <summary>
    /// Takes nothing more. What was written before is there to be drained; a thread that comes too late is told so instead of
    /// having a point acknowledged that nobody will drain.
    /// </summary>
    public void Close()
    {
        lock (_switching)
        {
            _isClosed = true;
            _current.TryReserve(_current.Count + 1, out _);
            _current.WaitForEnd();
        }
    }

    // the drainer says that the store fails, or has moved nothing for a while, as when somebody holds the store's lock
    private bool IsStuck => _stalled || Environment.TickCount64 - Volatile.Read(ref _progress) > PatienceMilliseconds;

    public MetricKey NewKey(RecordId run, string key, string series) =>
        new(Interlocked.Increment(ref _keys), run, key, series);

    /// <summary>Appends a point; false if there is no room and it was dropped.</summary>
    /// <exception cref="ObjectDisposedException">The journal is closed.</exception>
    public bool WritePoint(MetricKey key, long step, long time, double value)
    {
        while (true)
        {
            var segment = Volatile.Read(ref _current);
            if (key.DefinedIn == segment || TryDefine(key, segment))
            {
                var isNear = Slot.TryPack(step, time - segment.Time, out var packed);
                if (isNear && segment.TryReserve(1, out var index))
                {
                    segment.Write(index, key.Number, packed, BitConverter.DoubleToInt64Bits(value));
                    return Written();
                }

                if (!isNear && TryWriteFar(segment, key, step, time, value))
                    return Written();
            }

            if (!Advance(segment, batchSlots: 0))
                return false;
        }
    }

    /// <summary>Appends a point of a series of texts; false if there is no room and it was dropped.</summary>
    /// <exception cref="ArgumentException">The text is larger than a frame.</exception>
    /// <exception cref="ObjectDisposedException">The journal is closed.</exception>
    public bool WriteText(MetricKey key, long step, long time, ReadOnlySpan<byte> text)
    {
        var length = EntryHeadBytes + text.Length;
        if (length > MaxPayloadBytes)
            throw new ArgumentException($"A text of {text.Length} bytes does not fit into the journal.", nameof(text));
        byte[]? rented = null;
        var payload = length <= 1024 ? stackalloc byte[1024] : rented = ArrayPool<byte>.Shared.Rent(length);
        payload = payload[..length];
        WriteEntryHead(payload, key, step, time);
        text.CopyTo(payload[EntryHeadBytes..]);
        try
        {
            while (true)
            {
                var segment = Volatile.Read(ref _current);
                if ((key.DefinedIn == segment || TryDefine(key, segment)) && TryWriteFrame(segment, FrameKind.Text, payload))
                    return Written();
                if (!Advance(segment, batchSlots: 0))
                    return false;
            }
        }
        finally
        {
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Appends a closed batch; false if even the reserve has no room.</summary>
    /// <exception cref="ArgumentException">The batch is larger than a frame.</exception>
    public bool WriteBatch(Batch batch)
    {
        var payload = BatchCodec.Encode(batch);
        if (payload.Length > MaxPayloadBytes)
            throw new ArgumentException($"A batch of {payload.Length} bytes does not fit into the journal; at most {MaxPayloadBytes} do.", nameof(batch));
        while (true)
        {
            var segment = Volatile.Read(ref _current);
            if (TryWriteFrame(segment, FrameKind.Batch, payload))
            {
                // many parameters fill the first segment in less time than the second takes
                if (segment.Reserved > segment.Count / 4)
                    _supply.EndPause();
                return Written();
            }

            if (!Advance(segment, Slot.CountFor(payload.Length)))
                return false;
        }
    }

    /// <summary>Drops the oldest segment, whose content is in the store, and moves on to the next.</summary>
    public void RetireOldest()
    {
        var drained = Oldest;
        Oldest = drained.Next ?? throw new InvalidOperationException("The open segment cannot be retired.");
        Volatile.Write(ref _progress, Environment.TickCount64);

        // a file that says that memory follows stays as long as there is memory: it is all that a crash would leave
        if (drained.Memory.Path is not null && Oldest.Memory.Path is null)
        {
            _marked = drained;
            return;
        }

        _supply.Return(drained);
        if (Oldest.Memory.Path is not null && _marked is { } marked)
        {
            _supply.Return(marked);
            _marked = null;
        }
    }

    /// <summary>Writes what stands in memory and is not in the store to files, whatever the bound; only for a journal that is closed.</summary>
    /// <exception cref="IOException">There is no room.</exception>
    public void SaveMemory(string folder)
    {
        for (var segment = Oldest; segment is not null; segment = segment.Next)
        {
            if (segment.Memory.Path is null)
                segment.Memory.Save(Path.Combine(folder, $"memory-{segment.Base:D20}.seg"));
        }
    }

    /// <summary>Unmaps everything; only for a journal that is closed and drained.</summary>
    public void Release()
    {
        _marked?.Memory.Dispose();
        for (var segment = Oldest; segment is not null; segment = segment.Next)
            segment.Memory.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Written()
    {
        if (_wrote is not null)
            Interlocked.Exchange(ref _wrote, null)?.Invoke();
        return true;
    }

    private bool Advance(Segment full, int batchSlots)
    {
        // where the journal is full a point gives up in time; a batch is never dropped because others wait for room before it, and
        // where only the file is slow to come, whoever waits for it takes memory before long
        var started = Stopwatch.GetTimestamp();
        if (batchSlots > 0)
        {
            _switching.Enter();
        }
        else
        {
            while (!_switching.TryEnter(WaitForRoom))
            {
                if (_supply.IsFull)
                    return false;
            }
        }

        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(RunTracker));
            if (_current != full)
                return true;
            var end = full.WaitForEnd();
            var waited = batchSlots > 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(started);
            var next = _supply.TryTake(waited > WaitForRoom || (IsStuck && _supply.IsFull) ? TimeSpan.Zero : WaitForRoom - waited);

            // points wait in memory only while there is room for a file, which is slow to come; a batch gets a segment that it
            // fills, so that points cannot use up what is kept for batches
            next ??= batchSlots > 0 ? _supply.TakeReserve(batchSlots) : _supply.IsFull ? null : _supply.TakePlain();
            if (next is null)
                return false;
            Begin(next, full.Base + end);
            if (next.Memory.Path is null)
                full.MarkMemoryFollows();
            full.Next = next;
            Volatile.Write(ref _current, next);
        }
        finally
        {
            _switching.Exit();
        }

        return true;
    }

    private void Begin(Segment segment, long @base) => segment.Begin(@base, _writer, Microseconds.From(_time.GetUtcNow()));

    // of another day than its segment, or of a very high step
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryWriteFar(Segment segment, MetricKey key, long step, long time, double value)
    {
        Span<byte> payload = stackalloc byte[PointBytes];
        WriteEntryHead(payload, key, step, time);
        BinaryPrimitives.WriteDoubleLittleEndian(payload[EntryHeadBytes..], value);
        return TryWriteFrame(segment, FrameKind.Point, payload);
    }

    private static void WriteEntryHead(Span<byte> payload, MetricKey key, long step, long time)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(payload, key.Number);
        BinaryPrimitives.WriteInt64LittleEndian(payload[4..], step);
        BinaryPrimitives.WriteInt64LittleEndian(payload[12..], time);
    }

    private static bool TryDefine(MetricKey key, Segment segment)
    {
        Span<byte> payload = stackalloc byte[4 + RecordId.SizeBytes + (3 * EntityText.MaxKeyLength) + 32];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, key.Number);
        key.Run.Write(payload[4..]);
        var length = Encoding.UTF8.GetBytes(key.Series, payload[(4 + RecordId.SizeBytes)..]);
        payload = payload[..(4 + RecordId.SizeBytes + length)];
        if (!TryWriteFrame(segment, FrameKind.Key, payload))
            return false;

        // only now may a point of this key be reserved in the segment, so its definition always stands before it
        key.DefinedIn = segment;
        return true;
    }

    private static bool TryWriteFrame(Segment segment, FrameKind kind, ReadOnlySpan<byte> payload)
    {
        var slots = Slot.CountFor(payload.Length);
        if (!segment.TryReserve(slots, out var index))
            return false;
        Span<byte> part = stackalloc byte[Slot.BodyPayload];
        var head = Math.Min(payload.Length, Slot.HeadPayload);
        Fill(part, payload[..head]);
        var kindAndLength = ((long)payload.Length << 32) | (uint)kind;
        segment.Write(index, Slot.HeadKey, kindAndLength, Number(part, 0));
        payload = payload[head..];
        for (var i = index + 1; i < index + slots; i++)
        {
            var length = Math.Min(payload.Length, Slot.BodyPayload);
            Fill(part, payload[..length]);
            segment.Write(i, Slot.BodyKey, Number(part, 0), Number(part, 8));
            payload = payload[length..];
        }

        return true;
    }

    private static void Fill(Span<byte> part, ReadOnlySpan<byte> payload)
    {
        part.Clear();
        payload.CopyTo(part);
    }

    private static long Number(ReadOnlySpan<byte> part, int offset) => BinaryPrimitives.ReadInt64LittleEndian(part[offset..]);
}
