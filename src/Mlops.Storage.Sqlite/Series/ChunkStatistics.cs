namespace Mlops.Storage.Sqlite;

/// <summary>Where a chunk lies in its series.</summary>
internal readonly record struct ChunkStatistics(long Chunk, long Position, long Count, long FirstStep, long LastStep)
{
    public bool Meets(SeriesRange range) =>
        LastStep >= range.FirstStep && FirstStep <= range.LastStep && Position + Count > range.AfterPosition;
}
