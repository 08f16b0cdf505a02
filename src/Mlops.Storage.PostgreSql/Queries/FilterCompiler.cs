namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Compiles a filter so that only TRUE matches. Negation is pushed down to the comparisons, where it means: there is a value
/// that compares, and none that matches; so unknown never turns into true.
/// </summary>
internal sealed class FilterCompiler(NameCache names, QueryParameters parameters)
{
    private readonly ComparisonCompiler _comparisons = new(parameters);

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

    /// <summary>A condition on the record <c>r</c>.</summary>
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

    /// <summary>The parameter with the number of a field's or series' name; a name nobody used matches nothing.</summary>
    public string Name(Operand operand) => parameters.AddName(names.Find(Names(operand).Single()));

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
        return Balanced([.. comparable, $"NOT {Exists(left, Balanced([.. comparisons.Select(c => c.Matches)], "OR"), "OFFSET 0")}"], "AND");
    }

    private string Present(Operand operand) => operand switch
    {
        Operand.OfField => Exists(operand, "(f.type <> 2 OR f.number IS NOT NULL)"),
        Operand.OfSeries series => Exists(operand, $"{Column("s", series.Aggregate)} IS NOT NULL"),
        Operand.OfProperty property => $"({Column(property.Name).Column} IS NOT NULL)",
        _ => throw new InvalidOperationException("An operand of this kind is not compiled."),
    };

    // OFFSET 0 has the rows of each record looked up: what is excluded is mostly common, and joining all of it is slow
    private string Exists(Operand operand, string condition, string end = "") => operand switch
    {
        Operand.OfField => $"EXISTS (SELECT 1 FROM mlops.fields f WHERE f.record = r.id AND f.name = {Name(operand)} AND ({condition}) {end})",
        Operand.OfSeries => $"EXISTS (SELECT 1 FROM mlops.series s WHERE s.record = r.id AND s.name = {Name(operand)} AND ({condition}))",
        _ => $"({condition})",
    };

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
