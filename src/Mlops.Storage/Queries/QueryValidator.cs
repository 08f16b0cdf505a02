namespace Mlops.Storage;

/// <summary>What every backend asks of a <see cref="RecordQuery"/> before it compiles it.</summary>
public static class QueryValidator
{
    /// <summary>Most records of a page.</summary>
    public const int MaxLimit = 10_000;

    /// <summary>Most nested conditions.</summary>
    public const int MaxDepth = 100;

    /// <summary>Most conditions in a filter; a list of <see cref="Filter.OneOf"/> counts once, however long.</summary>
    public const int MaxConditions = 5_000;

    /// <summary>Most sort keys.</summary>
    public const int MaxOrders = 16;

    /// <summary>Most names and prefixes of a projection, for fields and for series.</summary>
    public const int MaxPatterns = 1_000;

    /// <summary>Checks a query.</summary>
    /// <exception cref="ArgumentException">The query is malformed; the message names the item.</exception>
    public static void Validate(RecordQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        BatchValidator.CheckKind(query.Kind, default, "Kind");
        if (query.Limit is < 1 or > MaxLimit)
            throw Malformed($"Limit must be 1 to {MaxLimit}, not {query.Limit}");
        if (query.OrderBy.Count > MaxOrders)
            throw Malformed($"OrderBy has {query.OrderBy.Count} keys, more than {MaxOrders}");
        foreach (var order in query.OrderBy)
            Check(order.By);
        CheckPatterns(query.Select.Fields, "Select.Fields");
        CheckPatterns(query.Select.Series, "Select.Series");
        var conditions = 0;
        if (query.Filter is { } filter)
            Check(filter, 1, ref conditions);
    }

    private static void CheckPatterns(IReadOnlyList<string> patterns, string item)
    {
        if (patterns.Count > MaxPatterns)
            throw Malformed($"{item} has {patterns.Count} patterns, more than {MaxPatterns}");
        foreach (var pattern in patterns)
            BatchValidator.CheckText(pattern, BatchValidator.NameLength + 1, default, item);
    }

    private static void Check(Filter filter, int depth, ref int conditions)
    {
        if (depth > MaxDepth)
            throw Malformed($"Filter is nested deeper than {MaxDepth}");
        if (++conditions > MaxConditions)
            throw Malformed($"Filter has more than {MaxConditions} conditions");
        switch (filter)
        {
            case Filter.Compare compare:
                Check(compare.Left);
                if (compare.Operator is not (>= FilterOperator.Equal and <= FilterOperator.LikeIgnoreCase))
                    throw Malformed($"Filter operator is unknown: {compare.Operator}");
                CheckValue(compare.Right);
                if (compare.Operator is FilterOperator.Like or FilterOperator.LikeIgnoreCase)
                    Require(compare.Right.Type == FieldType.Text, "A pattern must be a text");
                else if (compare.Right.Type is FieldType.Reference or FieldType.Digest)
                    Require(compare.Operator is FilterOperator.Equal or FilterOperator.NotEqual, "References and digests compare only by equality");
                break;
            case Filter.OneOf oneOf:
                Check(oneOf.Left);
                Require(oneOf.Values.Count >= 1, "OneOf needs at least one value");
                foreach (var value in oneOf.Values)
                    CheckValue(value);
                break;
            case Filter.IsMissing missing:
                Check(missing.Left);
                break;
            case Filter.AllOf all:
                foreach (var term in all.Terms)
                    Check(term, depth + 1, ref conditions);
                break;
            case Filter.AnyOf any:
                foreach (var term in any.Terms)
                    Check(term, depth + 1, ref conditions);
                break;
            case Filter.Negation negation:
                Check(negation.Term, depth + 1, ref conditions);
                break;
            default:
                throw Malformed($"Filter is unknown: {filter?.GetType().Name ?? "null"}");
        }
    }

    private static void CheckValue(FieldValue value)
    {
        Require(value.Type is >= FieldType.Text and <= FieldType.Digest, "A compared value has no value");
        Require(value.Type != FieldType.Reference || value.ReferenceKey is null, "A filter names a record by its id, not by its key");
    }

    private static void Check(Operand operand)
    {
        switch (operand)
        {
            case Operand.OfField field:
                BatchValidator.CheckText(field.Name, BatchValidator.NameLength, default, "Operand");
                break;
            case Operand.OfSeries series:
                BatchValidator.CheckText(series.Name, BatchValidator.NameLength, default, "Operand");
                if (series.Aggregate is not (>= SeriesAggregate.Last and <= SeriesAggregate.MaxStep))
                    throw Malformed($"Aggregate is unknown: {series.Aggregate}");
                break;
            case Operand.OfProperty property:
                if (property.Name is not (>= RecordProperty.Id and <= RecordProperty.Revision))
                    throw Malformed($"Property is unknown: {property.Name}");
                break;
            default:
                throw Malformed($"Operand is unknown: {operand?.GetType().Name ?? "null"}");
        }
    }

    private static void Require(bool condition, string problem)
    {
        if (!condition)
            throw Malformed(problem);
    }

    private static ArgumentException Malformed(string problem) => new($"{problem}.");
}
