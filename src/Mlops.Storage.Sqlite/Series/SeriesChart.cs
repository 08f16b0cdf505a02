namespace Mlops.Storage.Sqlite;

/// <summary>Reads the buckets of a chart from the statistics of chunks, and from points only where a block is cut.</summary>
internal static class SeriesChart
{
    public static IReadOnlyList<SeriesBucket> Read(Session session, SeriesRow row, SeriesRange range, int buckets)
    {
        var sampler = new SeriesDownsampler(row.Summary, range, buckets);
        var isWhole = range.FirstStep <= row.Summary.FirstStep && range.LastStep >= row.Summary.LastStep;
        var chunk = row.FirstChunk - 1;
        Func<ReadOnlyMemory<byte>> readData = () => session.Series.FindChunk(chunk)
            ?? throw new IntegrityException($"Block {chunk} of a series is missing in the store '{session.Path}'; restore the file from a copy.");
        session.Series.ReadStatistics(row, rows =>
        {
            chunk++;

            // a long curve has thousands of chunks, so no column is read in vain
            if (isWhole || (SeriesTable.Place(rows) is var place && place.LastStep >= range.FirstStep && place.FirstStep <= range.LastStep))
                sampler.Add(rows.Bytes(5), readData);
        });
        if (session.Series.FindTail(row) is { } tail)
            sampler.Add(tail.Statistics, () => tail.Data);
        return sampler.ToBuckets();
    }
}
