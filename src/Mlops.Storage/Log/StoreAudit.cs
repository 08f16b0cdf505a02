namespace Mlops.Storage;

/// <summary>
/// Gathers what <see cref="IMetadataStore.VerifyAsync"/> reports. The backend shows it everything that is stored, in one
/// consistent state: each record with its chain and content, then each series of it chunk by chunk; what must fit together is
/// decided here. Not thread-safe.
/// </summary>
public sealed class StoreAudit
{
    private readonly List<string> _problems = [];
    private long _records;
    private long _entries;
    private long _points;
    private RecordId _counted;
    private bool _isWhole = true;

    /// <summary>Notes a problem of the backend's own structures.</summary>
    public void Note(string problem) => _problems.Add(problem);

    /// <summary>Notes that a record could not be read to its end.</summary>
    public void Note(RecordId record, IntegrityException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        _isWhole &= record == _counted;
        _problems.Add($"Record {record}: {error.Message}");
    }

    /// <summary>Checks a record against its chain.</summary>
    /// <param name="row">The record.</param>
    /// <param name="chain">All its entries by sequence.</param>
    public void Check(RecordRow row, IReadOnlyList<ChainEntry> chain)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(chain);
        _records++;
        _counted = row.Id;
        _entries += chain.Count;
        var previous = default(Digest);
        for (var i = 0; i < chain.Count; i++)
        {
            var (entry, hash, _) = chain[i];
            if (entry.Sequence != i + 1 || entry.Record != row.Id)
                _problems.Add($"Record {row.Id}: log entry {i + 1} is missing or belongs elsewhere.");
            else if (entry.Previous != previous)
                _problems.Add($"Record {row.Id}: log entry {i + 1} does not follow the one before it.");
            if (Digest.Of(LogEntryCodec.Encode(entry)) != hash)
                _problems.Add($"Record {row.Id}: log entry {i + 1} was changed.");
            previous = hash;
        }

        if (row.Sequence != chain.Count || row.Head != previous || row.Revision != chain.Count)
            _problems.Add($"Record {row.Id}: its head does not match the end of its log.");
    }

    /// <summary>Checks a body against the entry that set it.</summary>
    /// <param name="row">The record.</param>
    /// <param name="chain">All its entries by sequence.</param>
    /// <param name="entry">The sequence of the entry that set the body.</param>
    /// <param name="body">The body.</param>
    public void CheckBody(RecordRow row, IReadOnlyList<ChainEntry> chain, long entry, byte[] body) =>
        CheckItem(row, chain, entry, "the body", salt => LogEntryCodec.BodyDigest(salt, body));

    /// <summary>Checks the values of a field against the entry that set them.</summary>
    /// <param name="row">The record.</param>
    /// <param name="chain">All its entries by sequence.</param>
    /// <param name="entry">The sequence of the entry that set the field.</param>
    /// <param name="name">The field.</param>
    /// <param name="values">Its values in their order.</param>
    public void CheckField(RecordRow row, IReadOnlyList<ChainEntry> chain, long entry, string name, IReadOnlyList<FieldValue> values) =>
        CheckItem(row, chain, entry, $"field '{name}'", salt => LogEntryCodec.ItemDigest(salt, name, values));

    /// <summary>Begins to check a series; its chunks follow in order.</summary>
    public SeriesAudit Check(RecordRow row, string series)
    {
        ArgumentNullException.ThrowIfNull(row);
        return new SeriesAudit($"Record {row.Id}: series '{series}'", _problems, count => _points += count);
    }

    /// <summary>The report.</summary>
    /// <param name="logged">How many entries the log has in all.</param>
    /// <param name="checkpointMatches">Whether the given checkpoint matches; null if none was given.</param>
    public VerificationReport ToReport(long logged, bool? checkpointMatches)
    {
        // of a record whose chain could not be read it is not known how many it has
        if (_isWhole && logged != _entries)
            _problems.Add($"The log has {logged} entries, but the records account for {_entries}.");
        return new VerificationReport(_records, _entries, _points, checkpointMatches, _problems);
    }

    private void CheckItem(RecordRow row, IReadOnlyList<ChainEntry> chain, long entry, string what, Func<byte[], Digest> digest)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(chain);
        if (entry < 1 || entry > chain.Count || chain[(int)entry - 1].Salt is not { } salt)
            _problems.Add($"Record {row.Id}: {what} has no log entry.");
        else if (!chain[(int)entry - 1].Entry.Items.Contains(digest(salt)))
            _problems.Add($"Record {row.Id}: {what} is not the one that was logged.");
    }
}
