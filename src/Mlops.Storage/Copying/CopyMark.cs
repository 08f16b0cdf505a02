namespace Mlops.Storage;

/// <summary>
/// How far the target has the feed of one source, kept in a cell of the target and written with what it covers. Each write names
/// its copy and expects the version before it, so that two copies of one source at a time cannot both go on. The mark holds the
/// hash of the entry at its position: a source that was restored from a backup goes on from a smaller position with other
/// entries, and is then read from its beginning.
/// </summary>
internal sealed class CopyMark
{
    private readonly string _key;
    private readonly RecordId _copy;
    private byte[] _written = [];
    private long _version;
    private Digest _entry;
    private long _restoredUntil;

    private CopyMark(string key, Cell? cell, RecordId copy)
    {
        _key = key;
        _copy = copy;
        _version = cell?.Version ?? 0;
        if (cell is null)
            return;
        var reader = new WireReader(cell.Value, "mark of a copy");
        Position = reader.Int64();
        Kinds = [.. reader.List(reader.Text)];
        if (reader.Remaining == 0)
            return;
        _entry = reader.Digest();
        _restoredUntil = reader.Int64();
    }

    /// <summary>The position in the source's feed up to which its records are in the target.</summary>
    public long Position { get; private set; }

    /// <summary>
    /// True for what the source had when it was found to be restored: the target may have newer values of it, by a copy of what the
    /// source has lost.
    /// </summary>
    public bool IsOfRestored { get; private set; }

    /// <summary>The kinds of all records that came from the source.</summary>
    public SortedSet<string> Kinds { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the mark of the source; one that the source's feed does not bear out begins at 0.</summary>
    /// <param name="target">Has the mark.</param>
    /// <param name="source">What it speaks of.</param>
    /// <param name="end">Where the feed of the source ends.</param>
    /// <param name="copy">Who will write it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<CopyMark> ReadAsync(
        IMetadataStore target, IMetadataStore source, long end, RecordId copy, CancellationToken cancellationToken)
    {
        var key = $"copy/{source.Info.StoreId}";
        var mark = new CopyMark(key, await target.FindCellAsync(key, cancellationToken).ConfigureAwait(false), copy);
        if (mark.Position > 0)
        {
            var found = await source.ReadFeedAsync(mark.Position - 1, 1, cancellationToken).ConfigureAwait(false);
            if (found is not [var entry] || entry.Position != mark.Position || entry.Hash != mark._entry)
                (mark.Position, mark._restoredUntil) = (0, end);
        }

        mark.IsOfRestored = mark.Position < mark._restoredUntil;
        return mark;
    }

    /// <summary>Goes on behind these entries, which the next write covers.</summary>
    public void Advance(IReadOnlyList<FeedEntry> entries)
    {
        IsOfRestored = Position < _restoredUntil;
        (Position, _entry) = (entries[^1].Position, entries[^1].Hash);
        foreach (var entry in entries)
            Kinds.Add(entry.Kind);
    }

    public CellWrite ToWrite()
    {
        var writer = new WireWriter(256);
        writer.Int64(Position);
        writer.List<string>([.. Kinds], writer.Text);
        writer.Digest(_entry);
        writer.Int64(_restoredUntil);
        writer.Id(_copy);
        _written = writer.Written.ToArray();
        return new CellWrite { Key = _key, Value = _written, ExpectedVersion = _version };
    }

    /// <summary>Learns the version that the cell has after a commit.</summary>
    /// <exception cref="ConflictException">Another copy wrote it since.</exception>
    public async Task LearnAsync(IMetadataStore target, CancellationToken cancellationToken)
    {
        var cell = await target.FindCellAsync(_key, cancellationToken).ConfigureAwait(false);
        if (cell is null || !cell.Value.Span.SequenceEqual(_written))
            throw Overtaken();
        _version = cell.Version;
    }

    /// <summary>Makes sure that a commit did not fail because of the mark.</summary>
    /// <exception cref="ConflictException">Another copy wrote it.</exception>
    public async Task RequireAsync(IMetadataStore target, CancellationToken cancellationToken)
    {
        if ((await target.FindCellAsync(_key, cancellationToken).ConfigureAwait(false))?.Version is var version && (version ?? 0) != _version)
            throw Overtaken();
    }

    private static ConflictException Overtaken() => new("Another copy of the same source into this store is under way; wait for it, then copy again.");
}
