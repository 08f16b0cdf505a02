namespace Mlops.Storage;

/// <summary>
/// A condition on records, in three-valued logic: a record matches only if the condition is TRUE. A comparison with a missing
/// value, or with a value of another type, is unknown; so is its negation. Texts compare ordinally by their UTF-8 bytes; a text
/// with a number beside it compares as that number with a number. Times, references and digests compare with their own type;
/// references and digests only by equality. NaN counts as missing, infinities are numbers.
/// </summary>
public abstract record Filter
{
    private Filter()
    {
    }

    /// <summary>Compares an operand with a value.</summary>
    /// <param name="Left">What is compared.</param>
    /// <param name="Operator">How.</param>
    /// <param name="Right">With what; a text for the two patterns.</param>
    public sealed record Compare(Operand Left, FilterOperator Operator, FieldValue Right) : Filter;

    /// <summary>True if the operand equals one of the values; at least one value.</summary>
    /// <param name="Left">What is compared.</param>
    /// <param name="Values">With what.</param>
    public sealed record OneOf(Operand Left, IReadOnlyList<FieldValue> Values) : Filter;

    /// <summary>True if the operand has no value (NaN of a series counts as none), false if it has one; never unknown.</summary>
    /// <param name="Left">What is asked for.</param>
    public sealed record IsMissing(Operand Left) : Filter;

    /// <summary>True if all are; of none, true.</summary>
    /// <param name="Terms">The conditions.</param>
    public sealed record AllOf(IReadOnlyList<Filter> Terms) : Filter;

    /// <summary>True if one is; of none, false.</summary>
    /// <param name="Terms">The conditions.</param>
    public sealed record AnyOf(IReadOnlyList<Filter> Terms) : Filter;

    /// <summary>True if the condition is false; unknown stays unknown.</summary>
    /// <param name="Term">The condition.</param>
    public sealed record Negation(Filter Term) : Filter;

    /// <summary>Both conditions; several in a row make one <see cref="AllOf"/>.</summary>
    public static Filter operator &(Filter left, Filter right) => new AllOf(left is AllOf all ? [.. all.Terms, right] : [left, right]);

    /// <summary>At least one of the conditions; several in a row make one <see cref="AnyOf"/>.</summary>
    public static Filter operator |(Filter left, Filter right) => new AnyOf(left is AnyOf any ? [.. any.Terms, right] : [left, right]);

    /// <summary>The condition is false.</summary>
    public static Filter operator !(Filter term) => new Negation(term);
}
