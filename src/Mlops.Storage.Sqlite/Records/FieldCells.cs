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

    /// <exception cref="IntegrityException">The columns hold no value.</exception>
    public static FieldValue Read(Rows rows, int column) => (FieldType)rows.Int64(column) switch
    {
        not FieldType.Number and var type when rows.IsNull(column + 1) => throw new IntegrityException($"A field of type {type} has no value; verify the store."),
        FieldType.Text => FieldValue.Text(rows.Text(column + 1), rows.IsNull(column + 2) ? null : rows.Number(column + 2)),
        FieldType.Number => FieldValue.Number(rows.Number(column + 2)),
        FieldType.Time => FieldValue.Time(rows.Int64(column + 1)),
        FieldType.Reference => FieldValue.Reference(rows.Id(column + 1)),
        FieldType.Digest => FieldValue.Digest(rows.Digest(column + 1)),
        var type => throw new IntegrityException($"A field has the unknown type {(int)type}; verify the store."),
    };
}
