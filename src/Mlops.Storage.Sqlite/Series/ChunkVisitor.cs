namespace Mlops.Storage.Sqlite;

/// <summary>Sees one full chunk; column 5 of the row holds its statistics.</summary>
internal delegate void ChunkVisitor(long chunk, SeriesPlace place, Rows row);
