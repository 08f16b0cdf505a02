namespace Mlops.Storage.PostgreSql;

/// <summary>A series with what is to be stored of its new points.</summary>
internal sealed record GrownSeries(RecordId Owner, string Name, StoredSeries? Stored, SeriesType Type, SeriesGrowth Growth)
{
    /// <summary>The number of the first new full chunk; a tail that is set aside comes before it.</summary>
    public int FirstChunk => (Stored?.Row.Chunks ?? 0) + (Growth.SetsTailAside ? 1 : 0);

    /// <summary>The position of the first new full chunk.</summary>
    public long FirstPosition =>
        Growth.Summary.Count - (Growth.Tail?.Summary.Count ?? 0) - Growth.Full.Sum(c => c.Summary.Count);

    /// <summary>Joins the new points to the open chunk.</summary>
    public static GrownSeries Of(RecordId owner, string name, PendingSeries series) => new(
        owner,
        name,
        series.Stored,
        series.Type,
        SeriesCodec.Append(series.Stored?.Row.Summary, series.Stored?.Tail ?? [], SeriesColumns.Concat(series.Points)));
}
