namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Compiles a filter so that only TRUE matches. Negation is pushed down to the comparisons, where it means: there is a value
/// that compares, and none that matches; so unknown never turns into true.
/// </summary>
/// <param name="names">The known names.</param>
/// <param name="parameters">Where constants go.</param>
/// <param name="rec">The column with the id of the record.</param>
/// <param name="isWalk">Whether few records are looked at, one after the other, and the rows of each must be looked up by themselves.</param>
internal sealed class FilterCompiler(NameCache names, QueryParameters parameters, string rec = "r.id", bool isWalk = false)
{
    // has the rows of each record looked up, for else the server may join all that there are
    private const string ByRecord = "OFFSET 0";

    private readonly ComparisonCompiler _comparisons = new(parameters, isWalk);

    /// <summary>The names of fields and series in a filter.</summary>
    public static IEnumerable<string> Names(Filter filter) => filter switch
    {
        Filter.Compare compare => Names(compare.Left),
        Filter.OneOf oneOf => Names(oneOf.Left),
        Filter.IsMissing missing => Names(missing.Left),
        Filter.AllOf all => all.Terms.SelectMany(Names),
        Filter.AnyOf any => any.Terms.SelectMany(Names),
        Filter.Negation negation => Names(negation.Term),
        _ => [],
    };

    /// <summary>The name of an operand, if it has one.</summary>
    public static IEnumerable<string> Names(Operand operand) => operand switch
    {
        Operand.OfField field => [field.Name],
        Operand.OfSeries series => [series.Name],
        _ => [],
    };

    /// <summary>Whether a condition needs a column of <c>r</c>, and not only its id.</summary>
    public static bool NeedsRecord(Filter filter) => filter switch
    {
        Filter.Compare compare => compare.Left is Operand.OfProperty,
        Filter.OneOf oneOf => oneOf.Left is Operand.OfProperty,
        Filter.IsMissing missing => missing.Left is Operand.OfProperty,
        Filter.AllOf all => all.Terms.Any(NeedsRecord),
        Filter.AnyOf any => any.Terms.Any(NeedsRecord),
        Filter.Negation negation => NeedsRecord(negation.Term),
        _ => true,
    };

    /// <summary>The condition that a comparison of a series' number is true for a column.</summary>
    public string Matches(Filter.Compare compare, string column) =>
        _comparisons.CompareNumber(column, compare.Operator, compare.Right).Matches;

    /// <summary>
    /// A condition that all these terms hold. Of alternatives that are all looked up in tables, the hits are put together: asking
    /// for each record whether it meets one of them would read them all.
    /// </summary>
    public string All(IEnumerable<Filter> terms) => Balanced([.. terms.Select(term => Union(term) ?? Compile(term)).DefaultIfEmpty("true")], "AND");

    /// <summary>A condition on the record.</summary>
    public string Compile(Filter filter, bool negated = false)
    {
        switch (filter)
        {
            case Filter.Compare or Filter.OneOf:
                return Leaf(OperandOf(filter)!, Comparisons(filter), negated);
            case Filter.IsMissing missing:
                return negated ? Present(missing.Left) : $"NOT {Present(missing.Left)}";
            case Filter.AllOf all:
                return Join(all.Terms, negated ? "OR" : "AND", negated);
            case Filter.AnyOf any:
                return JoinAny(any.Terms, negated);
            case Filter.Negation negation:
                return Compile(negation.Term, !negated);
            default:
                throw new InvalidOperationException($"Filter {filter.GetType().Name} is not compiled.");
        }
    }

    /// <summary>The column of a series' aggregate, NULL where it is missing.</summary>
    public static string Column(string alias, SeriesAggregate aggregate) => aggregate switch
    {
        SeriesAggregate.Last => $"{alias}.last",
        SeriesAggregate.Min => $"{alias}.min",
        SeriesAggregate.Max => $"{alias}.max",
        SeriesAggregate.Count => $"{alias}.count",
        SeriesAggregate.LastStep => $"{alias}.last_step",
        SeriesAggregate.MinStep => $"(CASE WHEN {alias}.min IS NOT NULL THEN {alias}.min_step END)",
        _ => $"(CASE WHEN {alias}.max IS NOT NULL THEN {alias}.max_step END)",
    };

    /// <summary>The column and type of a property of <c>r</c>.</summary>
    public static (string Column, FieldType Type) Column(RecordProperty property) => property switch
    {
        RecordProperty.Id => ("r.id", FieldType.Reference),
        RecordProperty.Key => ("r.key", FieldType.Text),
        RecordProperty.Created => ("r.created", FieldType.Time),
        _ => ("r.revision", FieldType.Number),
    };

    /// <summary>The number of a field's or series' name.</summary>
    public string Name(Operand operand) => Name(Names(operand).Single());

    /// <summary>The number of a name, as a parameter or looked up; a name nobody used matches nothing.</summary>
    public string Name(string name) => names.Find(name) is var number and >= 0 ? parameters.AddName(number) : parameters.AddUnknownName(name);

    private string? Union(Filter term)
    {
        if (isWalk || term is not Filter.AnyOf { Terms.Count: > 1 } any || any.Terms.Any(t => OperandOf(t) is null or Operand.OfProperty))
            return null;
        var hits = any.Terms.GroupBy(t => OperandOf(t)!).Select(group => Hits(group.Key, Balanced([.. group.SelectMany(Comparisons).Select(c => c.Matches)], "OR")));
        return $"{rec} IN ({string.Join(" UNION ALL ", hits)})";
    }

    private string Hits(Operand operand, string condition) => operand is Operand.OfField
        ? $"SELECT f.record FROM mlops.fields f WHERE f.name = {Name(operand)} AND ({condition})"
        : $"SELECT s.record FROM mlops.series s WHERE s.name = {Name(operand)} AND ({condition})";

    private Comparison Compare(Operand left, Filter.Compare compare) => left switch
    {
        Operand.OfField => _comparisons.CompareField(compare.Operator, compare.Right),
        Operand.OfSeries series => _comparisons.CompareNumber(Column("s", series.Aggregate), compare.Operator, compare.Right),
        Operand.OfProperty property when Column(property.Name) is var (column, type) =>
            _comparisons.CompareTyped(column, type, compare.Operator, compare.Right),
        _ => throw new InvalidOperationException("An operand of this kind is not compiled."),
    };

    private List<Comparison> OneOf(Operand left, IReadOnlyList<FieldValue> values) => left switch
    {
        Operand.OfField => _comparisons.FieldOneOf(values),
        Operand.OfSeries series => _comparisons.OneOfNumbers(Column("s", series.Aggregate), values),
        Operand.OfProperty property when Column(property.Name) is var (column, type) => _comparisons.TypedOneOf(column, type, values),
        _ => throw new InvalidOperationException("An operand of this kind is not compiled."),
    };

    private string Leaf(Operand left, IReadOnlyList<Comparison> comparisons, bool negated)
    {
        if (!negated)
            return Exists(left, Balanced([.. comparisons.Select(c => c.Matches)], "OR"));
        if (left is not Operand.OfField)
            return Exists(left, Balanced([.. comparisons.Select(c => $"({c.IsComparable} AND NOT ({c.Matches}))")], "AND"));

        // a field may have several values: one must compare, none may match
        var comparable = comparisons.Select(c => c.IsComparable).Distinct(StringComparer.Ordinal).Select(c => Exists(left, c));
        return Balanced([.. comparable, $"NOT {Exists(left, Balanced([.. comparisons.Select(c => c.Matches)], "OR"), ByRecord)}"], "AND");
    }

    private string Present(Operand operand) => operand switch
    {
        Operand.OfField => Exists(operand, "(f.type <> 2 OR f.number IS NOT NULL)"),
        Operand.OfSeries series => Exists(operand, $"{Column("s", series.Aggregate)} IS NOT NULL"),
        Operand.OfProperty property => $"({Column(property.Name).Column} IS NOT NULL)",
        _ => throw new InvalidOperationException("An operand of this kind is not compiled."),
    };

    // what is excluded is mostly common, and joining all of it is slow; a walk finds all rows of a record in one place, and IS TRUE
    // keeps it from looking them up by their values, each elsewhere
    private string Exists(Operand operand, string condition, string end = "")
    {
        var (test, limit) = isWalk ? ($"({condition}) IS TRUE", ByRecord) : ($"({condition})", end);
        return operand switch
        {
            Operand.OfField => $"EXISTS (SELECT 1 FROM mlops.fields f WHERE f.record = {rec} AND f.name = {Name(operand)} AND {test} {limit})",
            Operand.OfSeries => $"EXISTS (SELECT 1 FROM mlops.series s WHERE s.record = {rec} AND s.name = {Name(operand)} AND {test} {limit})",
            _ => $"({condition})",
        };
    }

    /// <summary>
    /// Comparisons of one operand are looked up together, so that a thousand of them cost one lookup: some value meets one of
    /// them, or none meets any.
    /// </summary>
    private string JoinAny(IReadOnlyList<Filter> terms, bool negated)
    {
        var leaves = terms.Select(t => (Term: t, Operand: OperandOf(t))).ToLookup(t => t.Operand);
        List<string> parts = [];
        foreach (var group in leaves)
        {
            if (group.Key is null)
                parts.AddRange(group.Select(t => Compile(t.Term, negated)));
            else
                parts.Add(Leaf(group.Key, [.. group.SelectMany(t => Comparisons(t.Term))], negated));
        }

        return parts.Count == 0 ? (negated ? "true" : "false") : Balanced([.. parts], negated ? "AND" : "OR");
    }

    private static Operand? OperandOf(Filter filter) => filter switch
    {
        Filter.Compare compare => compare.Left,
        Filter.OneOf oneOf => oneOf.Left,
        _ => null,
    };

    private List<Comparison> Comparisons(Filter leaf) => leaf switch
    {
        Filter.Compare compare => [Compare(compare.Left, compare)],
        Filter.OneOf oneOf => OneOf(oneOf.Left, oneOf.Values),
        _ => throw new InvalidOperationException("Only comparisons are leaves."),
    };

    private string Join(IReadOnlyList<Filter> terms, string op, bool negated) =>
        terms.Count == 0 ? (op == "AND" ? "true" : "false") : Balanced([.. terms.Select(t => Compile(t, negated))], op);

    // a server limits the depth of expressions, not their width
    private static string Balanced(ReadOnlySpan<string> terms, string op) =>
        terms.Length == 1
            ? terms[0]
            : $"({Balanced(terms[..(terms.Length / 2)], op)} {op} {Balanced(terms[(terms.Length / 2)..], op)})";
}
