namespace Mlops.Storage.Sqlite;

/// <summary>Compiles comparisons with constants. Types show in SQLite's storage class, so that indexes on values suffice.</summary>
internal sealed class ComparisonCompiler(Session session, QueryParameters parameters)
{
    // SQLite takes 32,766 parameters in all; longer lists go to a function
    private const int MostInList = 500;
    private const int MostParameters = 16_000;

    /// <summary>Compares a field's columns; <paramref name="value"/> and <paramref name="number"/> name them.</summary>
    public Comparison Compare(string value, string number, FilterOperator op, FieldValue right)
    {
        if (op is FilterOperator.Like or FilterOperator.LikeIgnoreCase)
            return new Comparison(Guard(value, FieldType.Text), Like(value, op, right));
        if (right.Type == FieldType.Number)
            return CompareNumber(number, op, right);
        var guard = Guard(value, right.Type);
        var sql = $"{value} {Sql(op)} {parameters.Add(Raw(right))}";

        // equal values have equal storage classes
        var same = new Comparison(guard, op == FilterOperator.Equal ? sql : $"({guard} AND {sql})");
        if (right.Type != FieldType.Text || right.AsNumber is null or double.NaN)
            return same;
        var beside = CompareNumber(number, op, right);
        return new Comparison(
            $"({same.IsComparable} OR ({value} IS NULL AND {beside.IsComparable}))",
            $"({same.Matches} OR ({value} IS NULL AND {beside.Matches}))");
    }

    /// <summary>Compares a column of numbers, where NULL is missing.</summary>
    public Comparison CompareNumber(string number, FilterOperator op, FieldValue right) =>
        op is FilterOperator.Like or FilterOperator.LikeIgnoreCase || right.AsNumber is not { } constant || double.IsNaN(constant)
            ? Comparison.Unknown
            : new Comparison($"{number} IS NOT NULL", $"{number} {Sql(op)} {parameters.Add(constant)}");

    /// <summary>Compares a column of one type.</summary>
    public Comparison CompareTyped(string column, FieldType type, FilterOperator op, FieldValue right)
    {
        if (type == FieldType.Number)
            return CompareNumber(column, op, right);
        if (type != right.Type)
            return Comparison.Unknown;
        return new Comparison(
            $"{column} IS NOT NULL",
            op is FilterOperator.Like or FilterOperator.LikeIgnoreCase ? Like(column, op, right) : $"{column} {Sql(op)} {parameters.Add(Raw(right))}");
    }

    /// <summary>
    /// Compares with lists, one comparison for each type of constant: the whole is true if one is, and false only if all are.
    /// </summary>
    public List<Comparison> OneOf(string value, string number, IReadOnlyList<FieldValue> constants)
    {
        List<Comparison> groups = [];
        foreach (var group in constants.GroupBy(c => (c.Type, HasNumber: c.AsNumber is not null and not double.NaN)))
        {
            var numbers = group.Key.HasNumber ? In(number, group.Select(c => (object)c.AsNumber!.Value)) : "0";
            if (group.Key.Type == FieldType.Number)
            {
                groups.Add(group.Key.HasNumber ? new Comparison($"{number} IS NOT NULL", numbers) : Comparison.Unknown);
                continue;
            }

            var guard = Guard(value, group.Key.Type);
            var same = In(value, group.Select(Raw));
            groups.Add(group.Key.HasNumber
                ? new Comparison(
                    $"({guard} OR ({value} IS NULL AND {number} IS NOT NULL))", $"({same} OR ({value} IS NULL AND {numbers}))")
                : new Comparison(guard, same));
        }

        return groups;
    }

    /// <summary>Compares a column of numbers with lists; constants that are no number make the comparison unknown where it is not true.</summary>
    public List<Comparison> OneOfNumbers(string number, IReadOnlyList<FieldValue> constants)
    {
        var numbers = constants.Where(c => c.AsNumber is not null and not double.NaN).Select(c => (object)c.AsNumber!.Value).ToList();
        List<Comparison> groups = [];
        if (numbers.Count > 0)
            groups.Add(new Comparison($"{number} IS NOT NULL", In(number, numbers)));
        if (numbers.Count < constants.Count)
            groups.Add(Comparison.Unknown);
        return groups;
    }

    private static string Guard(string value, FieldType type) => type switch
    {
        FieldType.Text => $"typeof({value}) = 'text'",
        FieldType.Time => $"typeof({value}) = 'integer'",
        FieldType.Reference => $"(typeof({value}) = 'blob' AND length({value}) = {RecordId.SizeBytes})",
        _ => $"(typeof({value}) = 'blob' AND length({value}) = {Digest.SizeBytes})",
    };

    private static object Raw(FieldValue value) => value.Type switch
    {
        FieldType.Text => value.Normalise().AsText,
        FieldType.Time => value.AsMicroseconds,
        FieldType.Reference => value.AsReference,
        _ => value.AsDigest,
    };

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

    private string Like(string column, FilterOperator op, FieldValue pattern)
    {
        // most patterns look for a text somewhere, which SQLite does without a call to this program
        var text = pattern.AsText;
        if (op == FilterOperator.Like && text is ['%', .., '%'] && text.AsSpan(1, text.Length - 2).IndexOfAny('%', '_') < 0)
            return $"(typeof({column}) = 'text' AND instr({column}, {parameters.Add(text[1..^1])}) > 0)";
        var number = session.Functions.Add(new LikePattern(text, op == FilterOperator.LikeIgnoreCase));
        return $"{FilterFunctions.Like}({parameters.Add(number)}, {column})";
    }

    private string In(string column, IEnumerable<object> constants)
    {
        var distinct = constants.ToHashSet();
        return distinct.Count > MostInList || parameters.Count + distinct.Count > MostParameters
            ? $"{FilterFunctions.In}({parameters.Add(session.Functions.Add(distinct))}, {column})"
            : $"{column} IN ({string.Join(", ", distinct.Select(parameters.Add))})";
    }
}
