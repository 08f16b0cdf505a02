namespace Mlops.Storage;

/// <summary>Brings records of the target to the state that they have in the source.</summary>
/// <param name="from">The source.</param>
/// <param name="to">The target.</param>
/// <param name="content">Copies what fields name.</param>
/// <param name="state">What was done so far.</param>
/// <param name="seen">The position in the target's feed up to which the source had copied it, the other way round.</param>
/// <param name="keepsTarget">Whether what the target has stays as it is.</param>
internal sealed class RecordCopy(IMetadataStore from, IMetadataStore to, ContentCopy content, CopyState state, long seen, bool keepsTarget)
{
    private const string Action = "store.copied";
    private readonly Dictionary<RecordId, RecordId> _targets = [];

    /// <summary>Copies these records, as they are now, in one batch.</summary>
    public async Task CopyAsync(IEnumerable<RecordId> ids, CancellationToken cancellationToken)
    {
        List<RecordChange> changes = [];
        foreach (var id in ids)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var before = changes.Count;
            if (await from.FindRecordAsync(id, cancellationToken).ConfigureAwait(false) is { } source)
                await AddChangesAsync(source, changes, cancellationToken).ConfigureAwait(false);
            state.Seen++;
            state.Records += changes.Count > before ? 1 : 0;
        }

        await state.CommitAsync(changes, [], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The id under which the target has a record of the source, or will have it.</summary>
    public async Task<RecordId> TargetOfAsync(RecordId id, CancellationToken cancellationToken)
    {
        if (_targets.TryGetValue(id, out var known))
            return known;
        var source = await from.FindRecordAsync(id, cancellationToken).ConfigureAwait(false);
        var target = source?.Key is { } key
            ? await to.FindRecordAsync(new RecordKey(source.Kind, key), cancellationToken).ConfigureAwait(false)
            : null;
        return _targets[id] = target?.Id ?? id;
    }

    private async Task AddChangesAsync(RecordSnapshot source, List<RecordChange> changes, CancellationToken cancellationToken)
    {
        var id = await TargetOfAsync(source.Id, cancellationToken).ConfigureAwait(false);
        if (id != source.Id)
        {
            state.Mapped[source.Id] = id;
            return;
        }

        var what = $"{source.Kind} {source.Id}";
        var target = await to.FindRecordAsync(id, cancellationToken).ConfigureAwait(false);
        if (keepsTarget && target is { IsPurged: false })
            return;
        if (target is { IsPurged: true } || (source.IsPurged && target is null))
        {
            if (!source.IsPurged)
                state.Differences.Add($"{what}: the target has purged it.");
            return;
        }

        var change = new RecordChange { Id = id, Kind = source.Kind, Mode = ChangeMode.Update, Action = Action };
        if (source.IsPurged)
        {
            changes.Add(change with { Purge = true });
            return;
        }

        var fields = await FieldsAsync(source, target, what, cancellationToken).ConfigureAwait(false);
        var isSameBody = target is null ? source.Body.IsEmpty : target.Body.Span.SequenceEqual(source.Body.Span);
        if (target is not null)
        {
            isSameBody |= LeaveSealed(target, fields, isSameBody, what);
            if ((fields.Count > 0 || !isSameBody) && await HasChangedAsync(id, cancellationToken).ConfigureAwait(false))
                state.Overwritten.AddRange(fields.Select(f => f.Name).Concat(isSameBody ? [] : [""]).Select(name => new OverwrittenField(id, name)));
        }

        var isSameSeal = source.IsSealed == (target?.IsSealed ?? false) && source.Seal.SequenceEqual(target?.Seal ?? []);
        change = change with { Body = isSameBody ? null : source.Body, Fields = fields, Seal = isSameSeal ? null : source.Seal };
        if (target is null)
            changes.Add(change with { Mode = ChangeMode.Create, Key = source.Key });
        else if (fields.Count > 0 || !isSameBody || !isSameSeal)
            changes.Add(change);

        // a refused value is refused again, and so kept
        var refused = source.Conflicts.Where(c => target is null || (!target.Conflicts.Contains(c) && !IsSealed(target, c.Field))).ToList();
        if (refused.Count > 0)
            changes.Add(change with { Body = null, Seal = null, Fields = [.. refused.Select(c => FieldWrite.Once(c.Field, c.Refused))] });
    }

    /// <summary>Takes out of the writes what the target has sealed; true if the body is.</summary>
    private bool LeaveSealed(RecordSnapshot target, List<FieldWrite> fields, bool isSameBody, string what)
    {
        if (!target.IsSealed)
            return false;
        if (!isSameBody)
            state.Differences.Add($"{what}: the target has sealed another body, which stays.");
        foreach (var field in fields.Where(f => IsSealed(target, f.Name)))
            state.Differences.Add($"{what}, field '{field.Name}': the target has sealed another value, which stays.");
        fields.RemoveAll(f => IsSealed(target, f.Name));
        return true;
    }

    private static bool IsSealed(RecordSnapshot target, string field) => new SealPatterns(string.Join('\n', target.Seal)).Covers(field);

    /// <summary>Whether the target has changed a record since it was last copied, in either direction.</summary>
    private async Task<bool> HasChangedAsync(RecordId id, CancellationToken cancellationToken)
    {
        var chain = await to.ReadChainAsync(id, cancellationToken).ConfigureAwait(false);
        return chain.Reverse().TakeWhile(e => e.Entry.Action != Action).Any(e => e.Position > seen);
    }

    private async Task<List<FieldWrite>> FieldsAsync(
        RecordSnapshot source, RecordSnapshot? target, string what, CancellationToken cancellationToken)
    {
        List<FieldWrite> writes = [];
        foreach (var (name, values) in source.Fields)
        {
            var mapped = new FieldValue[values.Count];
            for (var i = 0; i < mapped.Length; i++)
            {
                mapped[i] = values[i];
                if (values[i].Type == FieldType.Reference)
                    mapped[i] = FieldValue.Reference(await TargetOfAsync(values[i].AsReference, cancellationToken).ConfigureAwait(false));
                else if (values[i].Type == FieldType.Digest)
                    await content.CopyAsync(values[i].AsDigest, $"{what}, field '{name}'", cancellationToken).ConfigureAwait(false);
            }

            if (target is null || !target.Fields.TryGetValue(name, out var present) || !mapped.SequenceEqual(present))
                writes.Add(new FieldWrite(name, FieldWriteMode.Replace, mapped));
        }

        if (target is not null)
            writes.AddRange(target.Fields.Keys.Where(name => !source.Fields.ContainsKey(name)).Select(FieldWrite.Remove));
        return writes;
    }
}
