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
    private const int MostTries = 20;
    private readonly Dictionary<RecordId, RecordId> _targets = [];

    /// <summary>Copies these records, as they are now, in one batch; those that change meanwhile in the target are looked at again.</summary>
    public async Task CopyAsync(IReadOnlyList<RecordId> ids, CancellationToken cancellationToken)
    {
        List<Precondition>? failed = null;
        for (var left = MostTries; ; left--)
        {
            var plan = await PlanAsync(ids, cancellationToken).ConfigureAwait(false);
            foreach (var (digest, what) in plan.Contents)
                await content.CopyAsync(digest, what, cancellationToken).ConfigureAwait(false);
            try
            {
                await state.CommitAsync(plan, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (ConflictException) when (left > 1 && (failed is null || !failed.SequenceEqual(plan.Preconditions)))
            {
                // what took long, the contents, is there now
                await state.Mark.RequireAsync(to, cancellationToken).ConfigureAwait(false);
                failed = plan.Preconditions;
                _targets.Clear();
            }
        }
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

    private async Task<CopyPlan> PlanAsync(IReadOnlyList<RecordId> ids, CancellationToken cancellationToken)
    {
        var plan = new CopyPlan { Seen = ids.Count };
        foreach (var id in ids)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await from.FindRecordAsync(id, cancellationToken).ConfigureAwait(false) is { } source)
                await AddChangesAsync(source, plan, cancellationToken).ConfigureAwait(false);
        }

        return plan;
    }

    private async Task AddChangesAsync(RecordSnapshot source, CopyPlan plan, CancellationToken cancellationToken)
    {
        var id = await TargetOfAsync(source.Id, cancellationToken).ConfigureAwait(false);
        if (id != source.Id)
        {
            plan.Mapped[source.Id] = id;
            return;
        }

        var what = $"{source.Kind} {source.Id}";
        var target = await to.FindRecordAsync(id, cancellationToken).ConfigureAwait(false);
        if (keepsTarget && target is { IsPurged: false })
            return;
        if (target is { IsPurged: true } || (source.IsPurged && target is null))
        {
            if (!source.IsPurged)
                plan.Differences.Add($"{what}: the target has purged it.");
            return;
        }

        var before = plan.Changes.Count;
        var change = new RecordChange { Id = id, Kind = source.Kind, Mode = ChangeMode.Update, Action = Action };
        if (source.IsPurged)
            plan.Changes.Add(change with { Purge = true });
        else
            await AddWritesAsync(change, source, target, what, plan, cancellationToken).ConfigureAwait(false);
        if (plan.Changes.Count > before)
            plan.Preconditions.Add(new Precondition(id, target?.Revision ?? 0));
    }

    private async Task AddWritesAsync(
        RecordChange change, RecordSnapshot source, RecordSnapshot? target, string what, CopyPlan plan, CancellationToken cancellationToken)
    {
        var fields = await FieldsAsync(source, target, what, plan, cancellationToken).ConfigureAwait(false);
        var isSameBody = target is null ? source.Body.IsEmpty : target.Body.Span.SequenceEqual(source.Body.Span);
        if (target is not null)
        {
            isSameBody |= LeaveSealed(target, fields, isSameBody, what, plan);
            if ((fields.Count > 0 || !isSameBody) && await HasChangedAsync(target.Id, cancellationToken).ConfigureAwait(false))
                plan.Overwritten.AddRange(fields.Select(f => f.Name).Concat(isSameBody ? [] : [""]).Select(name => new OverwrittenField(target.Id, name)));
        }

        var isSameSeal = source.IsSealed == (target?.IsSealed ?? false) && source.Seal.SequenceEqual(target?.Seal ?? []);
        change = change with { Body = isSameBody ? null : source.Body, Fields = fields, Seal = isSameSeal ? null : source.Seal };
        if (target is null)
            plan.Changes.Add(change with { Mode = ChangeMode.Create, Key = source.Key });
        else if (fields.Count > 0 || !isSameBody || !isSameSeal)
            plan.Changes.Add(change);
        if (await RefusedAsync(source, target, cancellationToken).ConfigureAwait(false) is { Count: > 0 } refused)
            plan.Changes.Add(change with { Body = null, Seal = null, Fields = refused });
    }

    /// <summary>Writes that are refused again, and so kept; a field that is gone, or has the value now, would take it.</summary>
    private async Task<List<FieldWrite>> RefusedAsync(RecordSnapshot source, RecordSnapshot? target, CancellationToken cancellationToken)
    {
        List<FieldWrite> writes = [];
        foreach (var (_, field, _, refused) in source.Conflicts)
        {
            if (source.Find(field) is not { } kept || kept.IsSame(refused) || (target is not null && IsSealed(target, field)))
                continue;
            var mapped = await MapAsync(refused, cancellationToken).ConfigureAwait(false);
            if (target is null || !target.Conflicts.Any(c => c.Field == field && c.Refused.IsSame(mapped)))
                writes.Add(FieldWrite.Once(field, mapped));
        }

        return writes;
    }

    /// <summary>Takes out of the writes what the target has sealed; true if the body is.</summary>
    private static bool LeaveSealed(RecordSnapshot target, List<FieldWrite> fields, bool isSameBody, string what, CopyPlan plan)
    {
        if (!target.IsSealed)
            return false;
        if (!isSameBody)
            plan.Differences.Add($"{what}: the target has sealed another body, which stays.");
        foreach (var field in fields.Where(f => IsSealed(target, f.Name)))
            plan.Differences.Add($"{what}, field '{field.Name}': the target has sealed another value, which stays.");
        fields.RemoveAll(f => IsSealed(target, f.Name));
        return true;
    }

    private static bool IsSealed(RecordSnapshot target, string field) => new SealPatterns(string.Join('\n', target.Seal)).Covers(field);

    /// <summary>Whether the target has, or may have, changed a record since it was last copied, in either direction.</summary>
    private async Task<bool> HasChangedAsync(RecordId id, CancellationToken cancellationToken)
    {
        if (state.Mark.IsOfRestored)
            return true;
        var chain = await to.ReadChainAsync(id, cancellationToken).ConfigureAwait(false);
        return chain.Reverse().TakeWhile(e => e.Entry.Action != Action).Any(e => e.Position > seen);
    }

    private async Task<List<FieldWrite>> FieldsAsync(
        RecordSnapshot source, RecordSnapshot? target, string what, CopyPlan plan, CancellationToken cancellationToken)
    {
        List<FieldWrite> writes = [];
        foreach (var (name, values) in source.Fields)
        {
            var mapped = new FieldValue[values.Count];
            for (var i = 0; i < mapped.Length; i++)
            {
                mapped[i] = await MapAsync(values[i], cancellationToken).ConfigureAwait(false);
                if (values[i].Type == FieldType.Digest)
                    plan.Contents.Add((values[i].AsDigest, $"{what}, field '{name}'"));
            }

            if (target is null || !target.Fields.TryGetValue(name, out var present) || !mapped.SequenceEqual(present))
                writes.Add(new FieldWrite(name, FieldWriteMode.Replace, mapped));
        }

        if (target is not null)
            writes.AddRange(target.Fields.Keys.Where(name => !source.Fields.ContainsKey(name)).Select(FieldWrite.Remove));
        return writes;
    }

    /// <summary>The value as the target has it.</summary>
    private async Task<FieldValue> MapAsync(FieldValue value, CancellationToken cancellationToken) => value.Type == FieldType.Reference
        ? FieldValue.Reference(await TargetOfAsync(value.AsReference, cancellationToken).ConfigureAwait(false))
        : value;
}
