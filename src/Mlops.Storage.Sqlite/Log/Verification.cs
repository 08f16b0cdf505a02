namespace Mlops.Storage.Sqlite;

/// <summary>Checks everything that the store can check by itself. Reads all of it in one transaction.</summary>
internal sealed class Verification(Session session, CancellationToken cancellationToken)
{
    private readonly List<string> _problems = [];
    private long _records;
    private long _entries;
    private long _points;

    public VerificationReport Run(Checkpoint? checkpoint)
    {
        CheckFile();
        using (var all = new Statement(session, "SELECT rec FROM records ORDER BY rec"))
        {
            using var rows = all.Query();
            while (rows.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                CheckRecord(session.Records.Find(rows.Int64(0))!);
            }
        }

        if (session.Scalar("SELECT count(*) FROM log") is var logged && logged != _entries)
            _problems.Add($"The log has {logged} entries, but the records account for {_entries}.");
        bool? matches = checkpoint is null ? null : session.Log.RootAt(checkpoint.Position) == checkpoint.Root;
        return new VerificationReport(_records, _entries, _points, matches, _problems);
    }

    private void CheckFile()
    {
        using var check = new Statement(session, "PRAGMA integrity_check");
        using var rows = check.Query();
        while (rows.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (rows.Text(0) is var line && line != "ok")
                _problems.Add($"File: {line}");
        }
    }

    private void CheckRecord(RecordRow row)
    {
        _records++;
        try
        {
            var chain = CheckChain(row);
            CheckContent(row, chain);
            foreach (var series in session.Series.List(row.Rec))
                CheckSeries(row, series);
        }
        catch (IntegrityException e)
        {
            _problems.Add($"Record {row.Id}: {e.Message}");
        }
    }

    private List<FeedEntry> CheckChain(RecordRow row)
    {
        var chain = session.Log.ReadChain(row.Rec);
        var previous = default(Digest);
        for (var i = 0; i < chain.Count; i++)
        {
            _entries++;
            var (entry, hash) = (chain[i].Entry, chain[i].Hash);
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
        return chain;
    }

    private void CheckContent(RecordRow row, List<FeedEntry> chain)
    {
        if (session.Records.FindBody(row.Rec, out var bodyEntry) is { } body)
            CheckItem(row, chain, bodyEntry, "the body", salt => LogEntryCodec.BodyDigest(salt, body));
        foreach (var (name, entry, values) in session.Fields.LoadEntries(row.Rec))
            CheckItem(row, chain, entry, $"field '{name}'", salt => LogEntryCodec.ItemDigest(salt, name, values));
    }

    private void CheckItem(RecordRow row, List<FeedEntry> chain, long entry, string what, Func<byte[], Digest> digest)
    {
        if (entry < 1 || entry > chain.Count || session.Log.FindSalt(row.Rec, entry) is not { } salt)
            _problems.Add($"Record {row.Id}: {what} has no log entry.");
        else if (!chain[(int)entry - 1].Entry.Items.Contains(digest(salt)))
            _problems.Add($"Record {row.Id}: {what} is not the one that was logged.");
    }

    private void CheckSeries(RecordRow row, SeriesRow series)
    {
        var what = $"Record {row.Id}: series '{session.Names.Get(series.Name)}'";
        SeriesSummary? sum = null;
        var chunks = 0L;
        session.Series.ReadStatistics(series, rows =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            chunks++;
            var place = ChunkStatistics.Of(rows);
            CheckChunk(what, place, rows.Bytes(5), () => session.Series.FindChunk(place.Chunk), ref sum);
        });
        if (chunks != series.Chunks)
            _problems.Add($"{what} has {chunks} full blocks, not {series.Chunks}.");
        if (session.Series.FindTail(series) is { } tail)
            CheckChunk(what, tail.Place, tail.Statistics, () => tail.Data, ref sum);
        if (sum is null || !Agree(sum, series.Summary))
            _problems.Add($"{what} has a summary that does not match its points.");
    }

    private void CheckChunk(string what, ChunkStatistics place, ReadOnlySpan<byte> statistics, Func<byte[]?> read, ref SeriesSummary? sum)
    {
        try
        {
            if (place.Position != (sum?.Count ?? 0))
                _problems.Add($"{what} has a block at position {place.Position} that belongs to {sum?.Count ?? 0}.");
            if (read() is not { } data)
            {
                _problems.Add($"{what} misses the block at position {place.Position}.");
                return;
            }

            var chunk = SeriesCodec.Encode(SeriesCodec.Decode(data));
            _points += chunk.Summary.Count;
            if (!chunk.Statistics.Span.SequenceEqual(statistics) || chunk.Summary.Count != place.Count
                || chunk.Summary.FirstStep != place.FirstStep || chunk.Summary.LastStep != place.LastStep)
            {
                _problems.Add($"{what} has statistics at position {place.Position} that do not match its points.");
            }

            sum = sum is null ? chunk.Summary : SeriesSummary.Merge(sum, chunk.Summary);
        }
        catch (IntegrityException e)
        {
            _problems.Add($"{what} has a damaged block at position {place.Position}: {e.Message}");
        }
    }

    // sums are added up in other portions here, so they may differ by rounding
    private static bool Agree(SeriesSummary computed, SeriesSummary stored)
    {
        var scale = Math.Max(Math.Abs(stored.Min), Math.Abs(stored.Max)) * stored.Count;
        return computed with { Sum = 0 } == stored with { Sum = 0 }
            && (computed.Sum.Equals(stored.Sum) || Math.Abs(computed.Sum - stored.Sum) <= scale * 1e-12);
    }
}
