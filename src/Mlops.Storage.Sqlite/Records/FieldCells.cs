namespace Mlops.Storage.Sqlite;

/// <summary>
/// A field value as three columns: its type; texts, times, references and digests; numbers and the number beside a text. SQLite
/// keeps no NaN, so that a number field without a number is NaN.
/// </summary>
internal static class FieldCells
{
    public static void Bind(Statement statement, int index, FieldValue value)
    {
        statement.Bind(index, (long)value.Type);
        switch (value.Type)
        {
            case FieldType.Text:
                statement.Bind(index + 1, value.AsText);
                break;
            case FieldType.Number:
                statement.BindNull(index + 1);
                break;
            case FieldType.Time:
                statement.Bind(index + 1, value.AsMicroseconds);
                break;
            case FieldType.Reference:
                statement.Bind(index + 1, value.AsReference);
                break;
            default:
                statement.Bind(index + 1, value.AsDigest);
                break;
        }

        if (value.AsNumber is { } number)
            statement.Bind(index + 2, number);
        else
            statement.BindNull(index + 2);
    }

    public static FieldValue Read(Rows rows, int column) => (FieldType)rows.Int64(column) switch
    {
        FieldType.Text => FieldValue.Text(rows.Text(column + 1), rows.IsNull(column + 2) ? null : rows.Number(column + 2)),
        FieldType.Number => FieldValue.Number(rows.Number(column + 2)),
        FieldType.Time => FieldValue.Time(rows.Int64(column + 1)),
        FieldType.Reference => FieldValue.Reference(rows.Id(column + 1)),
        FieldType.Digest => FieldValue.Digest(rows.Digest(column + 1)),
        var type => throw new IntegrityException($"A field has the unknown type {(int)type}; verify the store."),
    };

    /// <summary>The form in which a value is compared, logged and stored: well-formed Unicode, one NaN, no NaN beside a text.</summary>
    public static FieldValue Normalise(FieldValue value) => value.Type switch
    {
        FieldType.Text when IsLoose(value.AsText) || value.AsNumber is double.NaN =>
            FieldValue.Text(WellFormed(value.AsText), value.AsNumber is double.NaN ? null : value.AsNumber),
        FieldType.Number when double.IsNaN(value.AsNumber!.Value) => FieldValue.Number(double.NaN),
        _ => value,
    };

    /// <summary>The same value in the eyes of write-once fields: the number beside a text does not matter.</summary>
    public static bool IsSame(FieldValue left, FieldValue right) =>
        left.Type == right.Type && left.Type switch
        {
            FieldType.Text => string.Equals(left.AsText, right.AsText, StringComparison.Ordinal),
            FieldType.Number => BitConverter.DoubleToInt64Bits(left.AsNumber!.Value) == BitConverter.DoubleToInt64Bits(right.AsNumber!.Value),
            _ => left == right,
        };

    private static bool IsLoose(string text) => text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0;

    // lone surrogates have no UTF-8; they become U+FFFD here, so that comparing sees what storing keeps
    private static string WellFormed(string text) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
}
