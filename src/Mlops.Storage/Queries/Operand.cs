namespace Mlops.Storage;

/// <summary>What a filter compares or an order sorts by: a field, a number of a series' summary, or a property.</summary>
public abstract record Operand
{
    private Operand()
    {
    }

    /// <summary>The field of that name.</summary>
    public static Operand Field(string name) => new OfField(name);

    /// <summary>A number of the summary of the series of that name. NaN counts as missing.</summary>
    public static Operand Series(string name, SeriesAggregate aggregate = SeriesAggregate.Last) => new OfSeries(name, aggregate);

    /// <summary>What every record has.</summary>
    public static Operand Property(RecordProperty property) => new OfProperty(property);

    /// <summary>A field. If it has several values, a comparison is true when it is true for one of them.</summary>
    /// <param name="Name">The field's name.</param>
    public sealed record OfField(string Name) : Operand;

    /// <summary>A number of a series' summary.</summary>
    /// <param name="Name">The series' name.</param>
    /// <param name="Aggregate">Which number.</param>
    public sealed record OfSeries(string Name, SeriesAggregate Aggregate) : Operand;

    /// <summary>A property of the record.</summary>
    /// <param name="Name">Which.</param>
    public sealed record OfProperty(RecordProperty Name) : Operand;
}
