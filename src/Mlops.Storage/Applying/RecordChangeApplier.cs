using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>Applies one change to one record: works out what really changes, then writes it with its log entry.</summary>
internal sealed class RecordChangeApplier(
    BatchApplier batch, Batch source, RecordChange change, long now, List<FieldConflict> conflicts)
{
    private readonly IBatchTables _tables = batch.Tables;
    private readonly List<FieldState> _order = [];
    private readonly Dictionary<string, FieldState> _states = new(StringComparer.Ordinal);
    private RecordRow _row = null!;
    private bool _hasNewConflicts;

    public ChangeResult Apply()
    {
        if (change.Mode == ChangeMode.Update)
        {
            _row = batch.Get(change.Id, "the change", change.Action);
            if (_row.Kind != change.Kind)
                throw new ConflictException($"Record {change.Id} is a {_row.Kind}, not a {change.Kind}; name its own kind in the change.");
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
        if (!_row.IsNew)
            _tables.Expect(_row, change);
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
            Number = _tables.NextRecordNumber(),
            Id = change.Id,
            Kind = change.Kind,
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

        var kept = state.Now[0];
        if (kept.IsSame(value))
            return;
        var conflict = new FieldConflict(_row.Id, state.Name, kept, value);
        conflicts.Add(conflict);

        // the same refused value again is reported again, but kept once
        if (!_row.IsNew && _tables.ListConflicts(_row).Any(c => c.Field == state.Name && c.Refused.IsSame(value)))
            return;
        _tables.AddConflict(_row, conflict);
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
            var number = _tables.NextNumber(allocation.Counter);
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
        if (!created && body is null && changed.Count == 0 && !_hasNewConflicts && seal == _row.Sealed)
            return new ChangeResult(_row.Id, _row.Revision, false, numbers);
        if (_row.Sealed is { } frozen)
            CheckSeal(new SealPatterns(frozen), body, changed);

        Span<byte> salt = stackalloc byte[LogEntryCodec.SaltBytes];
        RandomNumberGenerator.Fill(salt);
        var items = new List<Digest>(changed.Count + 1);
        if (body is { } bytes)
            items.Add(LogEntryCodec.BodyDigest(salt, bytes.Span));
        foreach (var state in changed)
            items.Add(LogEntryCodec.ItemDigest(salt, state.Name, state.Now));

        _row.Sealed = seal;
        Advance(items, items.Count > 0 ? salt : []);
        if (body is { } newBody)
            _tables.StoreBody(_row, newBody);
        foreach (var state in changed)
            _tables.StoreField(_row, state.Name, state.Before.Length, state.Now);
        if (created)
            _tables.InsertRecord(_row);
        else
            _tables.UpdateRecord(_row);
        _row.IsNew = false;
        batch.Know(_row);
        return new ChangeResult(_row.Id, _row.Revision, created, numbers);
    }

    private ReadOnlyMemory<byte>? ChangedBody()
    {
        if (change.Body is not { } body)
            return null;
        if (!_row.IsNew && _tables.FindBody(_row) is { } old && old.AsSpan().SequenceEqual(body.Span))
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
        Advance([], []);
        _row.Purged = true;
        _row.Key = null;
        _tables.PurgeRecord(_row);
        return new ChangeResult(_row.Id, _row.Revision, false, []);
    }

    /// <summary>Writes the log entry; revision, sequence and head of the row follow.</summary>
    private void Advance(IReadOnlyList<Digest> items, ReadOnlySpan<byte> salt)
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
        _tables.AppendEntry(_row, entry, encoded, hash, salt);
        _row.Sequence++;
        _row.Revision++;
        _row.Head = hash;
    }

    private FieldState State(string name)
    {
        if (_states.TryGetValue(name, out var state))
            return state;
        state = new FieldState(name, _row.IsNew ? [] : _tables.FindField(_row, name));
        _states.Add(name, state);
        _order.Add(state);
        return state;
    }

    private FieldValue Resolve(FieldValue value)
    {
        if (value.Type != FieldType.Reference)
            return value.Normalise();
        if (value.ReferenceKey is not { } key)
            return value;
        var record = batch.Find(key.Kind, key.Key)
            ?? throw new NotFoundException($"There is no {key.Kind} '{key.Key}' to refer to; create it first, or in an earlier change of the batch.");
        return FieldValue.Reference(record.Id);
    }
}
