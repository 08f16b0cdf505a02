namespace Mlops.Storage;

/// <summary>Folds chunks, in order, into the buckets of a chart.</summary>
public sealed class SeriesDownsampler
{
    /// <summary>Prepares for at most <paramref name="buckets"/> buckets over the part of <paramref name="summary"/> in the range.</summary>
    public SeriesDownsampler(SeriesSummary summary, SeriesRange range, int buckets) => throw new NotSupportedException();

    /// <summary>Adds a chunk; <paramref name="readData"/> is called only if its statistics do not suffice.</summary>
    public void Add(ReadOnlySpan<byte> statistics, Func<ReadOnlyMemory<byte>> readData) => throw new NotSupportedException();

    /// <summary>The buckets, without the empty ones, by step.</summary>
    public IReadOnlyList<SeriesBucket> ToBuckets() => throw new NotSupportedException();
}
