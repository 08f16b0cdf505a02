namespace Mlops.Storage.Sqlite;

/// <summary>Sees one full chunk: <see cref="ChunkStatistics.Of"/> reads its place, column 5 holds its statistics.</summary>
internal delegate void ChunkVisitor(Rows row);
