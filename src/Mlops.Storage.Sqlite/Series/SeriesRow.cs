namespace Mlops.Storage.Sqlite;

/// <summary>A row of the table series. Sid is 0 until the first chunk is full.</summary>
internal sealed record SeriesRow(long Rec, long Name, SeriesType Type, long Sid, long Chunks, SeriesSummary Summary)
{
    /// <summary>Number of bits for the chunk's number inside the series.</summary>
    public const int NumberBits = 24;

    /// <summary>The row number of the first chunk; all others of this series follow.</summary>
    public long FirstChunk => Sid << NumberBits;

    /// <summary>The row number behind the last chunk that is stored.</summary>
    public long EndChunk => FirstChunk + Chunks;
}
