using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Patterns, which only texts have: <c>%</c> stands for any text, <c>_</c> for one character.</summary>
public static class SearchFieldExtensions
{
    /// <summary>Matches the pattern, with case; <c>LIKE</c>.</summary>
    public static Filter IsLike(this SearchField<string> field, string pattern) => Like(field, FilterOperator.Like, pattern);

    /// <summary>Matches the pattern, without regard to case; <c>ILIKE</c>.</summary>
    public static Filter IsLikeIgnoreCase(this SearchField<string> field, string pattern) => Like(field, FilterOperator.LikeIgnoreCase, pattern);

    private static Filter.Compare Like(SearchField<string> field, FilterOperator op, string pattern)
    {
        ArgumentNullException.ThrowIfNull(field);
        return new Filter.Compare(field.Operand, op, FieldValue.Text(pattern));
    }
}
