using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Mlops.Metadata;

/// <summary>A table, for example the worst predictions of this step.</summary>
public sealed record TableValue : RichValue
{
    /// <summary>The most cells of a table; what is larger is data, and goes into a file.</summary>
    public const int MaxCells = 1_000_000;

    private const long MostExact = 1L << 53;

    /// <summary>Takes columns of one length.</summary>
    /// <exception cref="ArgumentException">There is no column, two have one name, the lengths differ, or there are too many cells.</exception>
    [JsonConstructor]
    public TableValue(IReadOnlyList<ValueColumn> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (columns.Count == 0 || columns.Contains(null!))
            throw new ArgumentException("A table has at least one column.", nameof(columns));
        if (columns.FirstOrDefault(c => c.Count != columns[0].Count) is { } ragged)
            throw new ArgumentException($"The column '{ragged.Name}' has {ragged.Count} rows and '{columns[0].Name}' has {columns[0].Count}.", nameof(columns));
        if (columns.GroupBy(c => c.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Two columns are named '{twice.Key}'.", nameof(columns));
        if ((long)columns.Count * columns[0].Count is var cells and > MaxCells)
            throw new ArgumentException($"The table has {cells:N0} cells, and {MaxCells:N0} are the most; log a sample, or the whole as a file.", nameof(columns));
        Columns = columns;
    }

    /// <inheritdoc/>
    [JsonIgnore]
    public override RichValueKind Kind => RichValueKind.Table;

    /// <summary>The columns in order.</summary>
    public IReadOnlyList<ValueColumn> Columns { get; }

    /// <summary>
    /// A table with a row for each record and a column for each public property: numbers as numbers, everything else as invariant
    /// text (see <see cref="EntityText.Of"/>), and so a column with whole numbers that a double cannot tell apart, such as ids.
    /// </summary>
    /// <exception cref="ArgumentException">The type has no public property, or there are too many cells.</exception>
    public static TableValue Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(IEnumerable<T> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        var rows = records.Take(MaxCells + 1).ToList();
        var properties = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanRead && p.GetIndexParameters().Length == 0);
        return new TableValue([.. properties.Select(p => Column(p.Name, p.PropertyType, rows.ConvertAll(row => p.GetValue(row))))]);
    }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Encode() => ValueJson.Write(this, ValueJson.Default.TableValue);

    private static string? Text(object? value) => value switch
    {
        null => null,
        bool truth => truth.ToString(),
        _ => EntityText.Of(value),
    };

    private static ValueColumn Column(string name, Type type, List<object?> values)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        var isNumber = !plain.IsEnum && Type.GetTypeCode(plain) is >= TypeCode.SByte and <= TypeCode.Decimal && !values.Exists(IsBeyondDouble);
        return isNumber
            ? new ValueColumn(name, values.ConvertAll(v => v is null ? (double?)null : Convert.ToDouble(v, CultureInfo.InvariantCulture)))
            : new ValueColumn(name, values.ConvertAll(Text));
    }

    private static bool IsBeyondDouble(object? value) => value switch
    {
        long whole => whole is > MostExact or < -MostExact,
        ulong whole => whole > MostExact,
        _ => false,
    };
}
