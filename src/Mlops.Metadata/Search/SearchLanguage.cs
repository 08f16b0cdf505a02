using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>
/// The search language for one kind of entity: text becomes a <see cref="Filter"/> or an order, and these become text again. A
/// superset of MLflow's; <c>docs/search.md</c> describes it. Thread-safe.
/// </summary>
public sealed class SearchLanguage
{
    /// <summary>Longest text, in UTF-16 units.</summary>
    public const int MaxLength = 65_536;

    /// <summary>Most nested conditions, and most nested parentheses; leaves room for what catalogs put around a filter.</summary>
    public const int MaxDepth = QueryValidator.MaxDepth - 5;

    /// <summary>Most conditions in a filter; a list of IN counts once.</summary>
    public const int MaxConditions = QueryValidator.MaxConditions - 100;

    /// <summary>Most keys of an order; leaves room for those that break ties.</summary>
    public const int MaxOrders = QueryValidator.MaxOrders - 2;

    private SearchLanguage(string entities, string entity, IReadOnlyList<SearchAttribute> attributes, IReadOnlyList<SearchCollection> collections)
    {
        Entities = entities;
        Attributes = attributes;
        Collections = collections;
        OfAttributes = ["attributes", "attribute", "attr", entity];
    }

    /// <summary>For runs.</summary>
    public static SearchLanguage Runs { get; } = new(
        "runs",
        "run",
        [
            new("run_id", SearchType.Id, Operand.Property(RecordProperty.Id)),
            new("run_name", SearchType.Text, Operand.Field(RunRecord.Name)) { Aliases = ["name"] },
            new("status", SearchType.Word, Operand.Field(RunRecord.Status)) { Words = RunRecord.StatusWords },
            new("start_time", SearchType.Time, Operand.Field(RunRecord.StartTime)),
            new("end_time", SearchType.Time, Operand.Field(RunRecord.EndTime)),
            new("created", SearchType.Time, Operand.Property(RecordProperty.Created)),
            new("end_reason", SearchType.Text, Operand.Field(RunRecord.EndReason)),
            new("error", SearchType.Text, Operand.Field(RunRecord.Error)),
            new("experiment", SearchType.NameOfReferred, Operand.Field(RunRecord.Experiment)),
            new("experiment_id", SearchType.Id, Operand.Field(RunRecord.Experiment)),
            new("parent", SearchType.Id, Operand.Field(RunRecord.Parent)) { Aliases = ["parent_run_id"] },
            Lifecycle,
            new("notes", SearchType.Text, Operand.Field(RunRecord.NotesField)),
        ],
        [
            new("metrics", SearchType.Number) { Aliases = ["metric"] },
            new("params", SearchType.NumberOrText) { Aliases = ["param", "parameters", "parameter"] },
            Tags,
            new("context", SearchType.OfReferred),
            new("watch", SearchType.Text),
            new("datasets", SearchType.Text) { Aliases = ["dataset"], Refusal = "Data sets of runs are not tracked yet" },
        ]);

    /// <summary>For experiments.</summary>
    public static SearchLanguage Experiments { get; } = new(
        "experiments",
        "experiment",
        [
            new("experiment_id", SearchType.Id, Operand.Property(RecordProperty.Id)),
            new("name", SearchType.Text, Operand.Property(RecordProperty.Key)),
            new("created", SearchType.Time, Operand.Property(RecordProperty.Created)) { Aliases = ["creation_time"] },
            Lifecycle,
            new("description", SearchType.Text, Operand.Field(ExperimentRecord.Description)),
        ],
        [Tags]);

    /// <summary>What is searched, in the plural.</summary>
    internal string Entities { get; }

    internal IReadOnlyList<SearchAttribute> Attributes { get; }

    internal IReadOnlyList<SearchCollection> Collections { get; }

    /// <summary>What may stand before the dot of an attribute.</summary>
    internal IReadOnlyList<string> OfAttributes { get; }

    private static SearchAttribute Lifecycle =>
        new("lifecycle", SearchType.Lifecycle, Operand.Field(RunRecord.Stage)) { Words = ["active", "deleted"] };

    private static SearchCollection Tags => new("tags", SearchType.Text) { Aliases = ["tag"] };

    /// <summary>Reads a filter; blank text is the filter that everything matches.</summary>
    /// <param name="text">The filter.</param>
    /// <param name="time">The clock of <c>now()</c>; the system's by default.</param>
    /// <exception cref="FilterSyntaxException">The text is malformed, too long or too deep.</exception>
    public Filter ParseFilter(string text, TimeProvider? time = null) => ParseFilter(text, (time ?? TimeProvider.System).GetUtcNow());

    /// <summary>Reads an order such as <c>metrics.auc DESC, start_time</c>; blank text is no order.</summary>
    /// <exception cref="FilterSyntaxException">The text is malformed, too long or has too many keys.</exception>
    public IReadOnlyList<RecordOrder> ParseOrder(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokens = new TokenReader(text);
        var operands = new OperandParser(tokens, this);
        List<RecordOrder> orders = [];
        if (tokens.Current.Kind == TokenKind.End)
            return orders;
        do
        {
            var start = tokens.Current.Start;
            var by = operands.Read();
            if (!by.HasOrder)
                throw tokens.Fail(start, $"'{by.Name}' cannot be sorted by", $"another attribute of {Entities}");
            if (orders.Count == MaxOrders)
                throw tokens.Fail(start, $"The order has more than {MaxOrders} keys");
            var descending = tokens.Take("DESC");
            if (!descending)
                tokens.Take("ASC");
            orders.Add(new RecordOrder(by.Operand, descending));
        }
        while (tokens.Take(","));
        if (tokens.Current.Kind != TokenKind.End)
            throw tokens.Unexpected("ASC, DESC, a comma or the end", ["ASC", "DESC"]);
        return orders;
    }

    /// <summary>Writes a filter as text, from which <see cref="ParseFilter(string, TimeProvider)"/> makes the same filter again.</summary>
    /// <exception cref="ArgumentException">The filter compares something, or in a way, that this language has no words for.</exception>
    public string Format(Filter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return new FilterFormatter(this).Format(filter);
    }

    /// <summary>Writes an order as text.</summary>
    /// <exception cref="ArgumentException">It sorts by something that this language has no words for.</exception>
    public string Format(IReadOnlyList<RecordOrder> orders)
    {
        ArgumentNullException.ThrowIfNull(orders);
        return new FilterFormatter(this).Format(orders);
    }

    internal Filter ParseFilter(string text, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new FilterParser(this, text, now).Parse();
    }
}
