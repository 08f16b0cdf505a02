namespace Mlops.Storage.PostgreSql;

/// <summary>
/// One comparison as SQL: <see cref="IsComparable"/> says whether the value has a type that compares, and <see cref="Matches"/>
/// whether it matches. A value that does not compare makes the comparison unknown.
/// </summary>
/// <param name="IsComparable">A condition that is never NULL.</param>
/// <param name="Matches">A condition that is true only for values that compare.</param>
internal sealed record Comparison(string IsComparable, string Matches)
{
    /// <summary>Unknown for every value, and so is its negation.</summary>
    public static Comparison Unknown { get; } = new("false", "false");
}
