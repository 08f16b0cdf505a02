using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// A field value as five columns: its type, text, number, whole number and bytes. NaN is NULL, so that it compares with nothing.
/// </summary>
internal static class FieldCells
{
    public static short Type(FieldValue value) => (short)value.Type;

    public static string? Text(FieldValue value) => value.Type == FieldType.Text ? StoredText.Escape(value.AsText) : null;

    public static double? Number(FieldValue value) => value.AsNumber is { } number && !double.IsNaN(number) ? number : null;

    public static long? Whole(FieldValue value) => value.Type == FieldType.Time ? value.AsMicroseconds : null;

    public static byte[]? Bytes(FieldValue value) => value.Type switch
    {
        FieldType.Reference => value.AsReference.ToBytes(),
        FieldType.Digest => value.AsDigest.ToBytes(),
        _ => null,
    };

    /// <summary>Reads the five columns from <paramref name="column"/> on.</summary>
    /// <exception cref="IntegrityException">The columns hold no value.</exception>
    public static FieldValue Read(NpgsqlDataReader row, int column) => (FieldType)row.GetInt16(column) switch
    {
        (FieldType.Text or FieldType.Time or FieldType.Reference or FieldType.Digest) and var type when row.IsDBNull(column + Place(type)) =>
            throw new IntegrityException($"A field of type {type} has no value; verify the store."),
        FieldType.Text => FieldValue.Text(StoredText.Unescape(row.GetString(column + 1)), row.IsDBNull(column + 2) ? null : row.GetDouble(column + 2)),
        FieldType.Number => FieldValue.Number(row.Number(column + 2)),
        FieldType.Time => FieldValue.Time(row.GetInt64(column + 3)),
        FieldType.Reference => FieldValue.Reference(RecordId.Read(row.Bytes(column + 4, RecordId.SizeBytes))),
        FieldType.Digest => FieldValue.Digest(row.Digest(column + 4)),
        var type => throw new IntegrityException($"A field has the unknown type {(int)type}; verify the store."),
    };

    private static int Place(FieldType type) => type switch
    {
        FieldType.Text => 1,
        FieldType.Time => 3,
        _ => 4,
    };
}
