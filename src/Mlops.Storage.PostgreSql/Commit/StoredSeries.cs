namespace Mlops.Storage.PostgreSql;

/// <summary>A series as a transaction found it, with the data of its open chunk; empty if it has none.</summary>
internal sealed record StoredSeries(SeriesRow Row, byte[] Tail);
