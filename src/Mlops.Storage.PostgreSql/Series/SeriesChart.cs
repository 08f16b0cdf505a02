using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Reads the buckets of a chart from the statistics of chunks, and from points only where a block is cut.</summary>
internal sealed class SeriesChart(Database database, NpgsqlConnection connection, RecordId owner, string name)
{
    // the statistics of so many chunks are in memory at once, and as many chunks of points
    private const int ChunksTogether = 64;

    private long _number;

    public async Task<IReadOnlyList<SeriesBucket>> ReadAsync(SeriesRange range, int buckets, CancellationToken cancellationToken)
    {
        SeriesRow? series = null;
        byte[]? tailStatistics = null;
        byte[]? tailData = null;
        await Round.OfReading(database, connection)
            .Add(
                $"SELECT s.name, {SeriesRow.Columns}, t.stats, t.data FROM mlops.series s LEFT JOIN mlops.tails t ON t.record = s.record AND t.name = s.name "
                + "WHERE s.record = $1 AND s.name = (SELECT id FROM mlops.names WHERE name = $2)",
                Args.Of(owner),
                Args.Of(name))
            .ReadRowsAsync(
                cancellationToken,
                row =>
                {
                    _number = row.GetInt64(0);
                    series = SeriesRow.Read(row, 1);
                    tailStatistics = row.BytesOrNull(1 + SeriesRow.Width);
                    tailData = row.BytesOrNull(2 + SeriesRow.Width);
                }).ConfigureAwait(false);
        if (series is null)
            return [];
        if (series.Type != SeriesType.Number)
            throw new ArgumentException($"The series '{name}' of record {owner} is one of {series.Type}, which has no chart.");
        var sampler = new SeriesDownsampler(series.Summary, range, buckets);
        for (var chunk = -1; await AddAsync(sampler, range, chunk, cancellationToken).ConfigureAwait(false) is { } last;)
            chunk = last;
        if (tailStatistics is not null)
            sampler.Add(tailStatistics, () => tailData);
        return sampler.ToBuckets();
    }

    /// <summary>Adds some chunks behind <paramref name="after"/>, all in the transaction of the first round; null at the end.</summary>
    private async Task<int?> AddAsync(SeriesDownsampler sampler, SeriesRange range, int after, CancellationToken cancellationToken)
    {
        List<(int Chunk, byte[] Statistics)> chunks = [];
        await new Round(database, connection)
            .Add(
                "SELECT chunk, stats FROM mlops.chunk_stats WHERE record = $1 AND name = $2 AND chunk > $3 AND last_step >= $4 AND first_step <= $5 "
                + "ORDER BY chunk LIMIT $6",
                Args.Of(owner),
                Args.Of(_number),
                Args.Of(after),
                Args.Of(range.FirstStep),
                Args.Of(range.LastStep),
                Args.Of((long)ChunksTogether))
            .ReadRowsAsync(cancellationToken, row => chunks.Add((row.GetInt32(0), row.Bytes(1)))).ConfigureAwait(false);
        var data = await ReadDataAsync([.. chunks.Where(c => sampler.NeedsPoints(c.Statistics)).Select(c => c.Chunk)], cancellationToken).ConfigureAwait(false);
        foreach (var (chunk, statistics) in chunks)
        {
            sampler.Add(statistics, () => data.GetValueOrDefault(chunk)
                ?? throw new IntegrityException($"Block {chunk} of the series '{name}' of record {owner} is missing; restore the store '{database.Location}' from a backup."));
        }

        return chunks.Count == ChunksTogether ? chunks[^1].Chunk : null;
    }

    private async Task<Dictionary<int, byte[]>> ReadDataAsync(int[] chunks, CancellationToken cancellationToken)
    {
        Dictionary<int, byte[]> data = [];
        if (chunks.Length == 0)
            return data;
        await new Round(database, connection)
            .Add(
                "SELECT chunk, data FROM mlops.chunks WHERE record = $1 AND name = $2 AND chunk = ANY($3)",
                Args.Of(owner),
                Args.Of(_number),
                Args.All(chunks))
            .ReadRowsAsync(cancellationToken, row => data[row.GetInt32(0)] = row.Bytes(1)).ConfigureAwait(false);
        return data;
    }
}
