namespace Mlops.Storage.Sqlite;

/// <summary>
/// Sees one full chunk: column 0 is its number, <see cref="SeriesTable.Place"/> reads where it stands, column 5 holds its
/// statistics.
/// </summary>
internal delegate void ChunkVisitor(Rows row);
