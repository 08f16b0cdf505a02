using System.Security.Cryptography;

namespace Mlops.Storage.Sqlite;

/// <summary>Applies one change to one record: works out what really changes, then writes it with its log entry.</summary>
internal sealed class RecordChangeApplier(
    Session session, BatchApplier batch, Batch source, RecordChange change, long now, List<FieldConflict> conflicts)
{
    // from so many on, reading all fields of the record at once is cheaper than asking for each
    private const int ManyFields = 32;

    private readonly List<FieldState> _order = [];
    private readonly Dictionary<string, FieldState> _states = new(StringComparer.Ordinal);
    private RecordRow _row = null!;
    private IReadOnlyDictionary<string, IReadOnlyList<FieldValue>>? _all;
    private bool _hasNewConflicts;

    public ChangeResult Apply()
    {
        if (change.Mode == ChangeMode.Update)
        {
            _row = batch.Get(change.Id, $"'{change.Action}'");
            if (session.Names.Get(_row.Kind) is var kind && kind != change.Kind)
                throw new ConflictException($"Record {change.Id} is a {kind}, not a {change.Kind}; name its own kind in the change.");
        }
        else if (change.Key is { } key && batch.Find(change.Kind, key) is { } found)
        {
            if (change.Mode == ChangeMode.Ensure)
                return new ChangeResult(found.Id, found.Revision, false, []);
            throw new ConflictException($"The {change.Kind} '{key}' exists already as record {found.Id}; take another name, or use that one.");
        }
        else
        {
            Create();
        }

        if (change.Purge)
            return Purge();
        if (!_row.IsNew && change.Fields.Count >= ManyFields)
            _all = session.Fields.LoadAll(_row.Rec);
        foreach (var write in change.Fields)
            Write(write);
        var numbers = Allocate();
        return Store(numbers);
    }

    private void Create()
    {
        if (batch.Find(change.Id) is { } taken)
            throw new ConflictException($"Record {change.Id} exists already{(taken.Purged ? " as a tombstone" : "")}; take a new id.");
        _row = new RecordRow
        {
            Rec = batch.NextRec(),
            Id = change.Id,
            Kind = session.Names.GetOrAdd(change.Kind),
            Key = change.Key,
            Created = now,
            IsNew = true,
            IsOfTransaction = true,
        };
    }

    private void Write(FieldWrite write)
    {
        var state = State(write.Name);
        switch (write.Mode)
        {
            case FieldWriteMode.Once:
                Once(state, Resolve(write.Values[0]));
                break;
            case FieldWriteMode.Add:
                foreach (var value in write.Values)
                {
                    if (Resolve(value) is var added && !state.Contains(added))
                        state.Set([.. state.Now, added]);
                }

                break;
            default:
                state.Set(write.Values is [var single] ? [Resolve(single)] : [.. write.Values.Select(Resolve)]);
                break;
        }
    }

    private void Once(FieldState state, FieldValue value)
    {
        if (state.Now.Count == 0)
        {
            state.Set([value]);
            return;
        }

        if (FieldCells.IsSame(state.Now[0], value))
            return;
        var kept = state.Now[0];
        conflicts.Add(new FieldConflict(_row.Id, state.Name, kept, value));

        // the same refused value again is reported again, but kept once
        if (!_row.IsNew && session.Fields.LoadConflicts(_row.Rec, _row.Id).Any(c => c.Field == state.Name && FieldCells.IsSame(c.Refused, value)))
            return;
        session.Fields.AddConflict(_row.Rec, state.Number, kept, value);
        _hasNewConflicts = true;
    }

    private List<long> Allocate()
    {
        List<long> numbers = new(change.Allocations.Count);
        foreach (var allocation in change.Allocations)
        {
            var state = State(allocation.Field);

            // the number field is write-once: a record that has its number keeps it, and no number is lost
            if (state.Now is [{ Type: FieldType.Number } present, ..])
            {
                numbers.Add((long)present.AsNumber!.Value);
                continue;
            }

            if (state.Now.Count > 0)
                throw new ConflictException($"Field '{state.Name}' of record {_row.Id} holds '{state.Now[0]}', not a number; allocate into another field.");
            var number = session.Counters.Next(allocation.Counter);
            state.Set([FieldValue.Number(number)]);
            numbers.Add(number);
        }

        return numbers;
    }

    private ChangeResult Store(List<long> numbers)
    {
        var body = ChangedBody();
        var changed = _order.FindAll(s => s.IsChanged());
        var seal = change.Seal is null ? _row.Sealed : SealPatterns.Join(_row.Sealed, change.Seal);
        var created = _row.IsNew;
        if (!created && body is null && changed.Count == 0 && !_hasNewConflicts && ReferenceEquals(seal, _row.Sealed))
            return new ChangeResult(_row.Id, _row.Revision, false, numbers);
        if (_row.Sealed is { } frozen)
            CheckSeal(frozen, body, changed);

        Span<byte> salt = stackalloc byte[LogEntryCodec.SaltBytes];
        RandomNumberGenerator.Fill(salt);
        var items = new List<Digest>(changed.Count + 1);
        if (body is { } bytes)
            items.Add(LogEntryCodec.BodyDigest(salt, bytes.Span));
        foreach (var state in changed)
            items.Add(LogEntryCodec.ItemDigest(salt, state.Name, state.Now));

        _row.Sealed = seal;
        Advance(items);
        if (items.Count > 0)
            session.Log.AddSalt(_row.Rec, _row.Sequence, salt);
        if (body is { } newBody)
            session.Records.SetBody(_row.Rec, _row.Sequence, newBody.Span);
        foreach (var state in changed)
            session.Fields.Store(_row.Rec, state.Number, state.Before.Length, state.Now, _row.Sequence);
        if (created)
            session.Records.Insert(_row);
        else
            session.Records.Update(_row);
        _row.IsNew = false;
        batch.Know(_row);
        return new ChangeResult(_row.Id, _row.Revision, created, numbers);
    }

    private ReadOnlyMemory<byte>? ChangedBody()
    {
        if (change.Body is not { } body)
            return null;
        if (!_row.IsNew && session.Records.FindBody(_row.Rec, out _) is { } old && old.AsSpan().SequenceEqual(body.Span))
            return null;
        return body;
    }

    private void CheckSeal(SealPatterns frozen, ReadOnlyMemory<byte>? body, List<FieldState> changed)
    {
        if (body is not null)
            throw new ImmutableException($"The body of record {_row.Id} ({change.Kind}) is sealed; create a new record instead.");
        foreach (var state in changed)
        {
            if (frozen.Covers(state.Name))
                throw new ImmutableException($"Field '{state.Name}' of record {_row.Id} ({change.Kind}) is sealed; create a new record instead.");
        }
    }

    private ChangeResult Purge()
    {
        session.Records.DeleteBody(_row.Rec);
        session.Fields.DeleteAll(_row.Rec);
        session.Series.DeleteAll(_row.Rec);
        session.Cells.DeleteOwned(_row.Rec);
        session.Log.DeleteSalts(_row.Rec);
        Advance([]);
        session.Records.Purge(_row);
        _row.Purged = true;
        _row.Key = null;
        return new ChangeResult(_row.Id, _row.Revision, false, []);
    }

    /// <summary>Writes the log entry; revision, sequence and head of the row follow.</summary>
    private void Advance(IReadOnlyList<Digest> items)
    {
        var entry = new LogEntry
        {
            Record = _row.Id,
            Sequence = _row.Sequence + 1,
            Action = change.Action,
            Actor = source.Actor,
            CommitTime = now,
            ClientTime = Microseconds.From(change.ClientTime ?? source.ClientTime),
            Items = items,
            Previous = _row.Head,
        };
        var encoded = LogEntryCodec.Encode(entry);
        var hash = Digest.Of(encoded);
        session.Log.Append(_row.Rec, entry, encoded, hash);
        _row.Sequence++;
        _row.Revision++;
        _row.Head = hash;
    }

    private FieldState State(string name)
    {
        if (_states.TryGetValue(name, out var state))
            return state;
        var number = session.Names.GetOrAdd(name);
        state = new FieldState(name, number, Load(name, number));
        _states.Add(name, state);
        _order.Add(state);
        return state;
    }

    private FieldValue[] Load(string name, long number)
    {
        if (_row.IsNew)
            return [];
        return _all is null ? session.Fields.Load(_row.Rec, number) : _all.TryGetValue(name, out var values) ? [.. values] : [];
    }

    private FieldValue Resolve(FieldValue value)
    {
        if (value.Type != FieldType.Reference)
            return FieldCells.Normalise(value);
        if (value.ReferenceKey is not { } key)
            return value;
        var record = batch.Find(key.Kind, key.Key)
            ?? throw new NotFoundException($"There is no {key.Kind} '{key.Key}' to refer to; create it first, or in an earlier change of the batch.");
        return FieldValue.Reference(record.Id);
    }
}
