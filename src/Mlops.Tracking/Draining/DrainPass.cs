using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// What one pass read out of a journal, put together as a single batch: points by series, changes in order. Neighbouring
/// changes that log onto the same record become one, so that a thousand parameters are one entry in its log.
/// </summary>
internal sealed unsafe class DrainPass
{
    private const int MostFrameBytes = 16 * 1024 * 1024;
    private readonly List<SeriesBuffer> _touched = [];
    private readonly List<RecordChange> _changes = [];
    private readonly List<SeriesAppend> _appends = [];
    private readonly List<CellWrite> _cells = [];
    private readonly HashSet<RecordId> _gone = [];
    private readonly HashSet<RecordId> _owners = [];
    private SeriesBuffer?[] _keys = [];
    private List<FieldWrite>? _open;
    private string _actor = "";
    private int _frameBytes;

    /// <summary>The sequence behind what the store has; the pass begins there.</summary>
    public long From { get; set; }

    /// <summary>How many points the pass holds.</summary>
    public int Points { get; private set; }

    /// <summary>How many empty slots stood before valid ones: reserved by threads that died before they wrote.</summary>
    public long Holes { get; private set; }

    /// <summary>How many slots held what no writer wrote.</summary>
    public long Damaged { get; private set; }

    /// <summary>How many points were passed over because their run is gone or their definition is damaged.</summary>
    public long Rejected { get; private set; }

    /// <summary>The three counts above, to go back to when a pass is read again.</summary>
    public (long Holes, long Damaged, long Rejected) Counts
    {
        get => (Holes, Damaged, Rejected);
        set => (Holes, Damaged, Rejected) = value;
    }

    /// <summary>Whether <see cref="Owners"/> are kept, for a recovery that must tell whom damage may concern.</summary>
    public bool KeepsOwners { get; init; } = true;

    /// <summary>Every record that this journal speaks of.</summary>
    public IReadOnlyCollection<RecordId> Owners => _owners;

    public bool IsEmpty => _touched.Count == 0 && _changes.Count == 0 && _appends.Count == 0 && _cells.Count == 0;

    /// <summary>How many points and frames were read since <see cref="Clear"/>.</summary>
    public int Units { get; private set; }

    /// <summary>
    /// Reads on in a segment until <paramref name="to"/>, or until a slot that is given out but not yet written. A recovery
    /// knows that nobody will write it any more: it takes every slot that checks and counts the holes between them.
    /// </summary>
    /// <returns>The index to read on from.</returns>
    public int Read(Segment segment, int from, int to, int mostUnits, bool recovering)
    {
        var holes = 0;
        var i = from;
        while (i < to && Units < mostUnits && _frameBytes < MostFrameBytes)
        {
            var slots = segment.IsCommitted(i) ? TryReadUnit(segment, i, to) : 0;
            if (slots == 0)
            {
                if (!recovering)
                    break;
                if (IsDamaged(segment, i))
                    Damaged++;
                else
                    holes++;
                i++;
                continue;
            }

            // empty slots are holes only if something stands behind them
            Units++;
            Holes += holes;
            holes = 0;
            i += slots;
        }

        return i;
    }

    /// <summary>Counts a unit that the store refused for good.</summary>
    public void CountRefused() => Rejected++;

    /// <summary>Reads only the definitions of keys, of slots whose rest is in the store already.</summary>
    /// <param name="segment">Where.</param>
    /// <param name="to">Up to where.</param>
    /// <param name="countFrom">From where on the three counts go on.</param>
    public void ReadDefinitions(Segment segment, int to, int countFrom)
    {
        var counts = Counts;
        Clear();
        for (var i = 0; i < countFrom;)
            i = Read(segment, i, countFrom, int.MaxValue, recovering: true);
        Counts = counts;
        for (var i = countFrom; i < to;)
            i = Read(segment, i, to, int.MaxValue, recovering: true);
        Clear();
    }

    /// <summary>Adds a change or cell that does not come from the journal but shall commit with what does.</summary>
    public void Add(RecordChange change)
    {
        if (!_gone.Contains(change.Id))
            AddChange(change);
    }

    /// <inheritdoc cref="Add(RecordChange)"/>
    public void Add(CellWrite cell) => _cells.Add(cell);

    /// <summary>From now on passes over whatever belongs to this record, because the store refused it for good.</summary>
    public void GiveUpOn(RecordId record)
    {
        _gone.Add(record);
        foreach (var buffer in _keys)
        {
            if (buffer?.Owner == record)
                buffer.IsGivenUp = true;
        }
    }

    public Batch ToBatch(BatchKey? key, string actor, DateTimeOffset clientTime)
    {
        CloseOpen();
        return new Batch
        {
            Actor = _actor.Length > 0 ? _actor : actor,
            ClientTime = clientTime,
            Key = key,
            Changes = [.. _changes],
            Appends = [.. _touched.Select(t => t.ToAppend()), .. _appends],
            Cells = [.. _cells],
        };
    }

    /// <summary>Forgets what was gathered; keeps the definitions of keys.</summary>
    public void Clear()
    {
        foreach (var buffer in _touched)
            buffer.Clear();
        _touched.Clear();
        _changes.Clear();
        _appends.Clear();
        _cells.Clear();
        _open = null;
        Points = 0;
        Units = 0;
        _frameBytes = 0;
    }

    /// <summary>True if something stands here that no lap of this memory wrote.</summary>
    private static bool IsDamaged(Segment segment, int index)
    {
        var slot = segment.At(index);
        return *(uint*)(slot + 4) != 0 && !segment.IsCommitted(index)
            && !Slot.Checks(slot, segment.Memory.PreviousBase + index);
    }

    private int TryReadUnit(Segment segment, int index, int to)
    {
        var slot = segment.At(index);
        var key = *(uint*)slot;
        if (key >= Slot.FirstFrameKey)
            return TryReadFrame(segment, index, to);
        var (step, time) = Slot.Unpack(*(long*)(slot + 8));
        Touch(key)?.Add(step, segment.Time + time, *(double*)(slot + 16));
        return 1;
    }

    private void AddEntry(ReadOnlySpan<byte> payload, bool isText)
    {
        if (isText ? payload.Length < Journal.EntryHeadBytes : payload.Length != Journal.PointBytes)
        {
            Rejected++;
            return;
        }

        if (Touch(BinaryPrimitives.ReadUInt32LittleEndian(payload)) is not { } buffer)
            return;
        var (step, time) = (BinaryPrimitives.ReadInt64LittleEndian(payload[4..]), BinaryPrimitives.ReadInt64LittleEndian(payload[12..]));
        var rest = payload[Journal.EntryHeadBytes..];
        if (isText)
            buffer.Add(step, time, Encoding.UTF8.GetString(rest));
        else
            buffer.Add(step, time, BinaryPrimitives.ReadDoubleLittleEndian(rest));
    }

    /// <summary>Where the next point of a key goes, which is then counted; null if it goes nowhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SeriesBuffer? Touch(uint key)
    {
        var buffer = key < (uint)_keys.Length ? _keys[key] : null;
        if (buffer is null || buffer.IsGivenUp)
        {
            Rejected++;
            return null;
        }

        if (buffer.Count == 0)
            _touched.Add(buffer);
        Points++;
        return buffer;
    }

    /// <summary>The number of slots of the frame, or 0 if it is not whole.</summary>
    private int TryReadFrame(Segment segment, int index, int to)
    {
        var head = segment.At(index);
        if (*(uint*)head != Slot.HeadKey)
            return 0;
        var length = *(int*)(head + 12);
        var slots = Slot.CountFor(length);
        if (length is < 0 or > Journal.MaxPayloadBytes || index + slots > to)
            return 0;
        var payload = new byte[length];
        var rest = payload.AsSpan();
        Take(ref rest, head + 16, Slot.HeadPayload);
        for (var i = index + 1; i < index + slots; i++)
        {
            var slot = segment.At(i);
            if (!segment.IsCommitted(i) || *(uint*)slot != Slot.BodyKey)
                return 0;
            Take(ref rest, slot + 8, Slot.BodyPayload);
        }

        var kind = *(FrameKind*)(head + 8);
        _frameBytes += length;
        switch (kind)
        {
            case FrameKind.Key:
                Define(payload, segment.Base);
                break;
            case FrameKind.Text:
            case FrameKind.Point:
                AddEntry(payload, isText: kind == FrameKind.Text);
                break;
            default:
                AddBatch(payload);
                break;
        }

        return slots;
    }

    private static void Take(ref Span<byte> rest, byte* source, int most)
    {
        var length = Math.Min(rest.Length, most);
        new ReadOnlySpan<byte>(source, length).CopyTo(rest);
        rest = rest[length..];
    }

    /// <summary>Forgets keys that were last defined in earlier segments: every segment defines anew what it uses.</summary>
    public void ForgetKeysBefore(long @base)
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            if (_keys[i]?.DefinedAt < @base)
                _keys[i] = null;
        }
    }

    private void Define(ReadOnlySpan<byte> payload, long @base)
    {
        var key = BinaryPrimitives.ReadUInt32LittleEndian(payload);
        if (key >= (uint)_keys.Length)
            Array.Resize(ref _keys, (int)Math.Max(key + 1, (uint)_keys.Length * 2));
        if (_keys[key] is { } known)
        {
            known.DefinedAt = @base;
            return;
        }

        var owner = RecordId.Read(payload[4..]);
        if (KeepsOwners)
            _owners.Add(owner);
        _keys[key] = new SeriesBuffer(owner, Encoding.UTF8.GetString(payload[(4 + RecordId.SizeBytes)..]))
        {
            IsGivenUp = _gone.Contains(owner),
            DefinedAt = @base,
        };
    }

    private void AddBatch(byte[] payload)
    {
        Batch batch;
        try
        {
            batch = BatchCodec.Decode(payload);
        }
        catch (IntegrityException)
        {
            // every slot checked, so these are the bytes of a release that this one does not know
            Rejected++;
            return;
        }

        _actor = batch.Actor;
        foreach (var change in batch.Changes)
        {
            if (_gone.Contains(change.Id))
                Rejected++;
            else
                AddChange(change with { ClientTime = batch.ClientTime });
        }

        foreach (var append in batch.Appends)
        {
            if (_gone.Contains(append.Owner))
            {
                Rejected++;
                continue;
            }

            if (KeepsOwners)
                _owners.Add(append.Owner);
            _appends.Add(append);
            Points += append.Points.Count;
        }
    }

    private void AddChange(RecordChange change)
    {
        if (KeepsOwners && change.Mode is ChangeMode.Update or ChangeMode.Create)
            _owners.Add(change.Id);
        if (_changes.Count > 0 && IsMoreOf(_changes[^1], change))
        {
            _open ??= [.. _changes[^1].Fields];
            _open.AddRange(change.Fields);
            return;
        }

        CloseOpen();
        _changes.Add(change);
    }

    private void CloseOpen()
    {
        if (_open is not null)
            _changes[^1] = _changes[^1] with { Fields = _open };
        _open = null;
    }

    private static bool IsMoreOf(RecordChange last, RecordChange next) =>
        last.Id == next.Id && last.Action == next.Action && last.Mode == ChangeMode.Update && next.Mode == ChangeMode.Update
        && last.Body is null && next.Body is null && last.Seal is null && next.Seal is null
        && !last.Purge && !next.Purge && next.Allocations.Count == 0;
}
