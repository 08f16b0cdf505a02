using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Reads the columns of a row as this SDK's values.</summary>
internal static class RowExtensions
{
    public static RecordId Id(this NpgsqlDataReader row, int column)
    {
        Span<byte> bytes = stackalloc byte[RecordId.SizeBytes];
        row.GetGuid(column).TryWriteBytes(bytes, bigEndian: true, out _);
        return RecordId.Read(bytes);
    }

    public static RecordId? IdOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Id(column);

    public static byte[] Bytes(this NpgsqlDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static byte[]? BytesOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.Bytes(column);

    public static string? TextOrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static long? Int64OrNull(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    /// <summary>A number; NULL is NaN, as it was stored.</summary>
    public static double Number(this NpgsqlDataReader row, int column) => row.IsDBNull(column) ? double.NaN : row.GetDouble(column);

    /// <exception cref="IntegrityException">The column holds something else.</exception>
    public static Digest Digest(this NpgsqlDataReader row, int column) => Storage.Digest.Read(row.Bytes(column, Storage.Digest.SizeBytes));

    /// <exception cref="IntegrityException">The column holds something else.</exception>
    public static byte[] Bytes(this NpgsqlDataReader row, int column, int length) => row.Bytes(column) is var bytes && bytes.Length == length
        ? bytes
        : throw new IntegrityException($"An id or digest is stored in {bytes.Length} bytes, not {length}; verify the store.");
}
