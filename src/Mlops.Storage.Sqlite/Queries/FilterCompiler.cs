namespace Mlops.Storage.Sqlite;

/// <summary>
/// Compiles a filter so that only TRUE matches. Negation is pushed down to the comparisons, where it means: there is a value
/// that compares, and none that matches; so unknown never turns into true.
/// </summary>
/// <param name="session">The session.</param>
/// <param name="parameters">Where constants go.</param>
/// <param name="rec">The column with the number of the record, whose row is <c>r</c>.</param>
internal sealed class FilterCompiler(Session session, QueryParameters parameters, string rec)
{
    private readonly ComparisonCompiler _comparisons = new(session, parameters);

    /// <summary>
    /// A condition that all these terms hold, tried one by one. SQLite would make joins of them, in an order of its own and over
    /// indexes that it knows no statistics of; it leaves alone what stands inside a CASE.
    /// </summary>
    public string InOrder(IEnumerable<Filter> terms)
    {
        List<Filter> list = [.. terms];
        return list.Count == 0 ? "1" : $"CASE WHEN {Join(list, "AND", negated: false)} THEN 1 END";
    }

    /// <summary>The condition that a comparison with a number of a series is true for a column.</summary>
    public string Matches(Filter.Compare compare, string column) =>
        _comparisons.CompareNumber(column, compare.Operator, compare.Right).Matches;

    /// <summary>A condition on a record.</summary>
    public string Compile(Filter filter, bool negated = false)
    {
        switch (filter)
        {
            case Filter.Compare { Left: var left } compare:
                return Leaf(left, [Compare(left, compare)], negated);
            case Filter.OneOf { Left: var left } oneOf:
                return Leaf(left, OneOf(left, oneOf.Values), negated);
            case Filter.IsMissing missing:
                return negated ? Present(missing.Left) : $"NOT {Present(missing.Left)}";
            case Filter.AllOf all:
                return Join(all.Terms, negated ? "OR" : "AND", negated);
            case Filter.AnyOf any:
                return Join(any.Terms, negated ? "AND" : "OR", negated);
            case Filter.Negation negation:
                return Compile(negation.Term, !negated);
            default:
                throw new InvalidOperationException($"Filter {filter.GetType().Name} is not compiled.");
        }
    }

    /// <summary>
    /// A statement that yields the <c>rec</c> of all records, of whatever kind, that a term without negation matches, once or more
    /// often, from an index alone; null if none serves. A pattern reads all values of its name.
    /// </summary>
    public string? Driver(Filter term)
    {
        var (left, comparisons) = term switch
        {
            Filter.Compare { Left: Operand.OfField, Operator: FilterOperator.Like or FilterOperator.LikeIgnoreCase } compare
                => (compare.Left, [Compare(compare.Left, compare)]),
            Filter.Compare { Operator: not (FilterOperator.NotEqual or FilterOperator.Like or FilterOperator.LikeIgnoreCase) } compare
                when IsIndexed(compare.Left, compare.Right) => (compare.Left, [Compare(compare.Left, compare)]),
            Filter.OneOf { Values.Count: <= 100 } oneOf when oneOf.Values.All(v => IsIndexed(oneOf.Left, v))
                => (oneOf.Left, OneOf(oneOf.Left, oneOf.Values)),
            _ => (null, new List<Comparison>()),
        };
        return left switch
        {
            // values of several types make several comparisons, which no one index answers
            _ when comparisons.Count != 1 => null,
            Operand.OfField => $"SELECT f.rec FROM fields f WHERE f.name = {Name(left)}{(term is Filter.Compare { Operator: FilterOperator.Like or FilterOperator.LikeIgnoreCase } ? " AND f.value IS NOT NULL" : "")} AND {comparisons[0].Matches}",
            Operand.OfSeries => $"SELECT s.rec FROM series s WHERE s.name = {Name(left)} AND {comparisons[0].Matches}",
            _ => null,
        };
    }

    /// <summary>The column of a series' aggregate, NULL where it is missing.</summary>
    public static string Column(string alias, SeriesAggregate aggregate) => aggregate switch
    {
        SeriesAggregate.Last => $"{alias}.last",
        SeriesAggregate.Min => $"{alias}.min",
        SeriesAggregate.Max => $"{alias}.max",
        SeriesAggregate.Count => $"{alias}.count",
        SeriesAggregate.LastStep => $"{alias}.last_step",
        SeriesAggregate.MinStep => $"iif({alias}.min IS NULL, NULL, {alias}.min_step)",
        _ => $"iif({alias}.max IS NULL, NULL, {alias}.max_step)",
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
    public string Name(Operand operand) => parameters.Add(Find(operand) ?? -1L);

    private long? Find(Operand operand) => session.Names.Find(operand switch
    {
        Operand.OfField field => field.Name,
        Operand.OfSeries series => series.Name,
        _ => throw new InvalidOperationException("A property has no stored name."),
    });

    private static bool IsIndexed(Operand left, FieldValue right) => left switch
    {
        Operand.OfField => right.Type != FieldType.Text || right.AsNumber is null,
        Operand.OfSeries { Aggregate: SeriesAggregate.Last } => right.Type == FieldType.Number,
        _ => false,
    };

    private Comparison Compare(Operand left, Filter.Compare compare) => left switch
    {
        Operand.OfField => _comparisons.Compare("f.value", "f.number", compare.Operator, compare.Right),
        Operand.OfSeries series => _comparisons.CompareNumber(Column("s", series.Aggregate), compare.Operator, compare.Right),
        Operand.OfProperty property when Column(property.Name) is var (column, type) =>
            _comparisons.CompareTyped(column, type, compare.Operator, compare.Right),
        _ => throw new InvalidOperationException("An operand of this kind is not compiled."),
    };

    private List<Comparison> OneOf(Operand left, IReadOnlyList<FieldValue> values) => left switch
    {
        Operand.OfField => _comparisons.OneOf("f.value", "f.number", values),
        Operand.OfSeries series => _comparisons.OneOfNumbers(Column("s", series.Aggregate), values),
        Operand.OfProperty { Name: RecordProperty.Revision } => _comparisons.OneOfNumbers("r.revision", values),
        Operand.OfProperty property => _comparisons.OneOf(Column(property.Name).Column, "NULL", values),
        _ => throw new InvalidOperationException("An operand of this kind is not compiled."),
    };

    private string Leaf(Operand left, IReadOnlyList<Comparison> comparisons, bool negated)
    {
        if (!negated)
            return Exists(left, Balanced([.. comparisons.Select(c => c.Matches)], "OR"));
        if (left is not Operand.OfField)
            return Exists(left, Balanced([.. comparisons.Select(c => $"({c.IsComparable} AND NOT ({c.Matches}))")], "AND"));

        // a field may have several values: one must compare, none may match
        return Balanced([.. comparisons.Select(c => $"({Exists(left, c.IsComparable)} AND NOT {Exists(left, c.Matches)})")], "AND");
    }

    private string Present(Operand operand) => operand switch
    {
        Operand.OfField => Exists(operand, "(f.value IS NOT NULL OR f.number IS NOT NULL)"),
        Operand.OfSeries series => Exists(operand, $"{Column("s", series.Aggregate)} IS NOT NULL"),
        Operand.OfProperty property => $"({Column(property.Name).Column} IS NOT NULL)",
        _ => throw new InvalidOperationException("An operand of this kind is not compiled."),
    };

    private string Exists(Operand operand, string condition) => operand switch
    {
        Operand.OfField or Operand.OfSeries when Find(operand) is null => "0",
        Operand.OfField => $"EXISTS (SELECT 1 FROM fields f WHERE f.rec = {rec} AND f.name = {Name(operand)} AND ({condition}))",
        Operand.OfSeries => $"EXISTS (SELECT 1 FROM series s NOT INDEXED WHERE s.rec = {rec} AND s.name = {Name(operand)} AND ({condition}))",
        _ => $"({condition})",
    };

    private string Join(IReadOnlyList<Filter> terms, string op, bool negated) =>
        terms.Count == 0 ? (op == "AND" ? "1" : "0") : Balanced([.. terms.Select(t => Compile(t, negated))], op);

    // SQLite limits the depth of expressions, not their width
    private static string Balanced(ReadOnlySpan<string> terms, string op) =>
        terms.Length == 1
            ? terms[0]
            : $"({Balanced(terms[..(terms.Length / 2)], op)} {op} {Balanced(terms[(terms.Length / 2)..], op)})";
}
