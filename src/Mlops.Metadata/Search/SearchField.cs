using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>
/// Something that a filter compares, with its type: <c>RunFilter.Metric("auc").IsGreater(0.6)</c>. The conditions are combined with
/// <c>&amp;</c>, <c>|</c> and <c>!</c>. A missing value makes each comparison unknown, so that neither it nor its negation matches.
/// </summary>
/// <typeparam name="T">The type of its values.</typeparam>
public sealed class SearchField<T>
{
    private readonly Func<T, FieldValue> _toValue;

    internal SearchField(Operand operand, Func<T, FieldValue> toValue)
    {
        Operand = operand;
        _toValue = toValue;
    }

    /// <summary>Where it is in a record.</summary>
    public Operand Operand { get; }

    /// <summary>Equal; <c>=</c>.</summary>
    public Filter Is(T value) => Compare(FilterOperator.Equal, value);

    /// <summary>There, and not equal; <c>!=</c>.</summary>
    public Filter IsNot(T value) => Compare(FilterOperator.NotEqual, value);

    /// <summary>Less; ids have no order and are refused by the query.</summary>
    public Filter IsLess(T value) => Compare(FilterOperator.Less, value);

    /// <summary>Less or equal.</summary>
    public Filter IsAtMost(T value) => Compare(FilterOperator.LessOrEqual, value);

    /// <summary>Greater.</summary>
    public Filter IsGreater(T value) => Compare(FilterOperator.Greater, value);

    /// <summary>Greater or equal.</summary>
    public Filter IsAtLeast(T value) => Compare(FilterOperator.GreaterOrEqual, value);

    /// <summary>Between two values or equal to one of them; <c>BETWEEN</c>.</summary>
    public Filter IsBetween(T low, T high) => new Filter.AllOf([IsAtLeast(low), IsAtMost(high)]);

    /// <summary>Equal to one of the values; <c>IN</c>.</summary>
    /// <exception cref="ArgumentException">There is no value.</exception>
    public Filter IsIn(params IReadOnlyList<T> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
            throw new ArgumentException("The list is empty and nothing is in it; give at least one value.", nameof(values));
        return new Filter.OneOf(Operand, [.. values.Select(_toValue)]);
    }

    /// <summary>Missing; <c>IS NULL</c>. Never unknown.</summary>
    public Filter IsMissing() => new Filter.IsMissing(Operand);

    /// <summary>Not missing; <c>IS NOT NULL</c>. Never unknown.</summary>
    public Filter IsPresent() => new Filter.Negation(IsMissing());

    private Filter.Compare Compare(FilterOperator op, T value) => new(Operand, op, _toValue(value));
}
