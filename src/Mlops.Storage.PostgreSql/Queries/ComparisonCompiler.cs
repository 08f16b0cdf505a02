using System.Text;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Compiles comparisons with constants.</summary>
/// <param name="parameters">Where constants go.</param>
/// <param name="isByRecord">Whether values are looked up by their record, and not in an index on values.</param>
internal sealed class ComparisonCompiler(QueryParameters parameters, bool isByRecord)
{
    // what the index on texts holds of each
    private const int IndexedCharacters = 100;

    /// <summary>Compares the field <c>f</c>.</summary>
    public Comparison CompareField(FilterOperator op, FieldValue right)
    {
        if (IsPattern(op))
            return new Comparison("f.type = 1", $"f.type = 1 AND {Like("f.text", op, right)}");
        if (right.Type == FieldType.Number)
            return CompareNumber("f.number", op, right);
        var guard = Guard(right.Type);
        var constant = parameters.Add(Constant(right));
        var same = new Comparison(guard, right.Type switch
        {
            // the beginning is what the index knows
            FieldType.Text when op == FilterOperator.Equal && !isByRecord => $"(\"left\"(f.text, {IndexedCharacters}) = {parameters.Add(Args.Of(Beginning(Text(right))))} AND f.text = {constant})",

            // what is equal has the same type
            _ when op == FilterOperator.Equal => $"{Column(right.Type)} = {constant}",
            _ => $"({guard} AND {Column(right.Type)} {Sql(op)} {constant})",
        });
        if (right.Type != FieldType.Text || right.AsNumber is null or double.NaN)
            return same;
        var beside = CompareNumber("f.number", op, right);
        return new Comparison(
            $"({same.IsComparable} OR (f.type = 2 AND {beside.IsComparable}))",
            $"({same.Matches} OR (f.type = 2 AND {beside.Matches}))");
    }

    /// <summary>Compares a column of numbers, where NULL is missing.</summary>
    public Comparison CompareNumber(string number, FilterOperator op, FieldValue right) =>
        IsPattern(op) || right.AsNumber is not { } constant || double.IsNaN(constant)
            ? Comparison.Unknown
            : new Comparison($"{number} IS NOT NULL", $"{number} {Sql(op)} {parameters.Add(Args.Of(constant))}");

    /// <summary>Compares a column of one type.</summary>
    public Comparison CompareTyped(string column, FieldType type, FilterOperator op, FieldValue right)
    {
        if (type == FieldType.Number)
            return CompareNumber(column, op, right);
        if (type != right.Type)
            return Comparison.Unknown;
        return new Comparison(
            $"{column} IS NOT NULL", IsPattern(op) ? Like(column, op, right) : $"{column} {Sql(op)} {parameters.Add(Property(right))}");
    }

    /// <summary>
    /// Compares the field <c>f</c> with lists, one comparison for each type of constant: the whole is true if one is, and false
    /// only if all are.
    /// </summary>
    public List<Comparison> FieldOneOf(IReadOnlyList<FieldValue> constants)
    {
        List<Comparison> groups = [];
        foreach (var group in constants.GroupBy(c => (c.Type, HasNumber: c.AsNumber is not null and not double.NaN)))
        {
            var numbers = group.Key.HasNumber ? $"f.number = ANY({parameters.Add(Args.All(group.Select(c => c.AsNumber!.Value).Distinct()))})" : "false";
            if (group.Key.Type == FieldType.Number)
            {
                groups.Add(group.Key.HasNumber ? new Comparison("f.number IS NOT NULL", numbers) : Comparison.Unknown);
                continue;
            }

            var guard = Guard(group.Key.Type);
            var same = $"({guard} AND {In(group.Key.Type, group)})";
            groups.Add(group.Key.HasNumber
                ? new Comparison($"({guard} OR (f.type = 2 AND f.number IS NOT NULL))", $"({same} OR (f.type = 2 AND {numbers}))")
                : new Comparison(guard, same));
        }

        return groups;
    }

    /// <summary>Compares a column of numbers with lists; constants that are no number make the comparison unknown where it is not true.</summary>
    public List<Comparison> OneOfNumbers(string number, IReadOnlyList<FieldValue> constants)
    {
        var numbers = constants.Where(c => c.AsNumber is not null and not double.NaN).Select(c => c.AsNumber!.Value).ToList();
        List<Comparison> groups = [];
        if (numbers.Count > 0)
            groups.Add(new Comparison($"{number} IS NOT NULL", $"{number} = ANY({parameters.Add(Args.All(numbers))})"));
        if (numbers.Count < constants.Count)
            groups.Add(Comparison.Unknown);
        return groups;
    }

    /// <summary>Compares a column of one type with lists; constants of other types make it unknown where it is not true.</summary>
    public List<Comparison> TypedOneOf(string column, FieldType type, IReadOnlyList<FieldValue> constants)
    {
        if (type == FieldType.Number)
            return OneOfNumbers(column, constants);
        var fitting = constants.Where(c => c.Type == type).ToList();
        List<Comparison> groups = [];
        if (fitting.Count > 0)
        {
            var list = type switch
            {
                FieldType.Reference => Args.All(fitting.Select(c => c.AsReference)),
                FieldType.Time => Args.All(fitting.Select(c => c.AsMicroseconds)),
                _ => Args.All(fitting.Select(Text)),
            };
            groups.Add(new Comparison($"{column} IS NOT NULL", $"{column} = ANY({parameters.Add(list)})"));
        }

        if (fitting.Count < constants.Count)
            groups.Add(Comparison.Unknown);
        return groups;
    }

    private static bool IsPattern(FilterOperator op) => op is FilterOperator.Like or FilterOperator.LikeIgnoreCase;

    private static string Guard(FieldType type) => FormattableString.Invariant($"f.type = {(int)type}");

    private static string Column(FieldType type) => type switch
    {
        FieldType.Text => "f.text",
        FieldType.Time => "f.whole",
        _ => "f.bytes",
    };

    private static string Text(FieldValue value) => StoredText.Escape(value.Normalise().AsText);

    private static NpgsqlParameter Constant(FieldValue value) => value.Type switch
    {
        FieldType.Text => Args.Of(Text(value)),
        FieldType.Time => Args.Of(value.AsMicroseconds),
        _ => Args.Of(FieldCells.Bytes(value)!),
    };

    private static NpgsqlParameter Property(FieldValue value) => value.Type == FieldType.Reference ? Args.Of(value.AsReference) : Constant(value);

    private static string Sql(FilterOperator op) => op switch
    {
        FilterOperator.Equal => "=",
        FilterOperator.NotEqual => "<>",
        FilterOperator.Less => "<",
        FilterOperator.LessOrEqual => "<=",
        FilterOperator.Greater => ">",
        FilterOperator.GreaterOrEqual => ">=",
        _ => throw new InvalidOperationException($"{op} is no comparison."),
    };

    private static string Beginning(string text)
    {
        var beginning = new StringBuilder();
        foreach (var rune in text.EnumerateRunes().Take(IndexedCharacters))
            beginning.Append(rune.ToString());
        return beginning.ToString();
    }

    private string Like(string column, FilterOperator op, FieldValue pattern) =>
        LikeCompiler.Compile(parameters, column, pattern.AsText, op == FilterOperator.LikeIgnoreCase);

    private string In(FieldType type, IEnumerable<FieldValue> constants)
    {
        switch (type)
        {
            case FieldType.Text:
                var texts = constants.Select(Text).ToHashSet(StringComparer.Ordinal);
                return $"\"left\"(f.text, {IndexedCharacters}) = ANY({parameters.Add(Args.All(texts.Select(Beginning)))}) AND f.text = ANY({parameters.Add(Args.All(texts))})";
            case FieldType.Time:
                return $"f.whole = ANY({parameters.Add(Args.All(constants.Select(c => c.AsMicroseconds).Distinct()))})";
            default:
                return $"f.bytes = ANY({parameters.Add(Args.All(constants.Distinct().Select(FieldCells.Bytes)))})";
        }
    }
}
