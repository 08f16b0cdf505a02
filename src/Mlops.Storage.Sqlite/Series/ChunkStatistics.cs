namespace Mlops.Storage.Sqlite;

/// <summary>Where a chunk lies in its series.</summary>
internal readonly record struct ChunkStatistics(long Chunk, long Position, long Count, long FirstStep, long LastStep)
{
    /// <summary>Reads the first five columns of a row that a <see cref="ChunkVisitor"/> sees.</summary>
    public static ChunkStatistics Of(Rows row) => new(row.Int64(0), row.Int64(1), row.Int64(2), row.Int64(3), row.Int64(4));

    public bool Meets(SeriesRange range) =>
        LastStep >= range.FirstStep && FirstStep <= range.LastStep && Position + Count > range.AfterPosition;
}
