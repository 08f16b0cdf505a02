namespace Mlops.Storage;

/// <summary>Checks one series for a <see cref="StoreAudit"/>, chunk by chunk in order of arrival.</summary>
public sealed class SeriesAudit
{
    private readonly string _what;
    private readonly List<string> _problems;
    private readonly Action<long> _count;
    private SeriesSummary? _sum;
    private long _full;

    internal SeriesAudit(string what, List<string> problems, Action<long> count)
    {
        _what = what;
        _problems = problems;
        _count = count;
    }

    /// <summary>Checks the next chunk against the statistics stored for it.</summary>
    /// <param name="place">Where the chunk stands in its series.</param>
    /// <param name="statistics">Its statistics as they are stored.</param>
    /// <param name="data">Its points as they are stored; null if they are missing.</param>
    /// <param name="isFull">False for the open tail.</param>
    public void Add(SeriesPlace place, ReadOnlySpan<byte> statistics, byte[]? data, bool isFull)
    {
        _full += isFull ? 1 : 0;
        try
        {
            if (place.Position != (_sum?.Count ?? 0))
                _problems.Add($"{_what} has a block at position {place.Position} that belongs to {_sum?.Count ?? 0}.");
            if (data is null)
            {
                _problems.Add($"{_what} misses the block at position {place.Position}.");
                return;
            }

            var chunk = SeriesCodec.Encode(SeriesCodec.Decode(data));
            _count(chunk.Summary.Count);
            if (!chunk.Statistics.Span.SequenceEqual(statistics) || chunk.Summary.Count != place.Count
                || chunk.Summary.FirstStep != place.FirstStep || chunk.Summary.LastStep != place.LastStep)
            {
                _problems.Add($"{_what} has statistics at position {place.Position} that do not match its points.");
            }

            _sum = _sum is null ? chunk.Summary : SeriesSummary.Merge(_sum, chunk.Summary);
        }
        catch (IntegrityException e)
        {
            _problems.Add($"{_what} has a damaged block at position {place.Position}: {e.Message}");
        }
    }

    /// <summary>Checks the whole.</summary>
    /// <param name="summary">The summary as it is stored.</param>
    /// <param name="full">How many full chunks the series says it has.</param>
    public void End(SeriesSummary summary, long full)
    {
        if (_full != full)
            _problems.Add($"{_what} has {_full} full blocks, not {full}.");
        if (_sum is null || !Agree(_sum, summary))
            _problems.Add($"{_what} has a summary that does not match its points.");
    }

    // sums are added up in other portions here, so they may differ by rounding
    private static bool Agree(SeriesSummary computed, SeriesSummary stored)
    {
        var scale = Math.Max(Math.Abs(stored.Min), Math.Abs(stored.Max)) * stored.Count;
        return computed with { Sum = 0 } == stored with { Sum = 0 }
            && (computed.Sum.Equals(stored.Sum) || Math.Abs(computed.Sum - stored.Sum) <= scale * 1e-12);
    }
}
