using System.Text;
using SQLitePCL;

namespace Mlops.Storage.Sqlite;

/// <summary>The rows of a running statement. Spans are valid until the next row.</summary>
internal readonly ref struct Rows(Statement statement)
{
    public bool Read() => statement.Step();

    public bool IsNull(int column) => Native.ColumnType(statement.Pointer, column) == raw.SQLITE_NULL;

    public int Type(int column) => Native.ColumnType(statement.Pointer, column);

    public long Int64(int column) => Native.ColumnInt64(statement.Pointer, column);

    public long? Int64OrNull(int column) => IsNull(column) ? null : Int64(column);

    /// <summary>A number; NULL is NaN, as it was bound.</summary>
    public double Number(int column) =>
        IsNull(column) ? double.NaN : Native.ColumnDouble(statement.Pointer, column);

    /// <summary>The bytes of a blob, or of a text in UTF-8, zeros inside it included.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => Native.ColumnBytes(statement.Pointer, column);

    public string Text(int column) => Encoding.UTF8.GetString(Bytes(column));

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <exception cref="IntegrityException">The column holds something else.</exception>
    public RecordId Id(int column) => RecordId.Read(Bytes(column, RecordId.SizeBytes));

    /// <exception cref="IntegrityException">The column holds something else.</exception>
    public Digest Digest(int column) => Storage.Digest.Read(Bytes(column, Storage.Digest.SizeBytes));

    public void Dispose() => statement.Reset();

    private ReadOnlySpan<byte> Bytes(int column, int length) => Bytes(column) is var bytes && bytes.Length == length
        ? bytes
        : throw new IntegrityException($"An id or digest is stored in {bytes.Length} bytes, not {length}; verify the store.");
}
