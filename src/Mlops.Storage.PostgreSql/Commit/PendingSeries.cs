namespace Mlops.Storage.PostgreSql;

/// <summary>Points that wait to be joined to one series when all batches of the transaction are applied.</summary>
internal sealed class PendingSeries(StoredSeries? stored, SeriesType type)
{
    public StoredSeries? Stored { get; } = stored;

    public SeriesType Type { get; } = type;

    public List<SeriesColumns> Points { get; } = [];
}
