using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>The signs and words of comparisons.</summary>
internal static class Comparisons
{
    public static FilterOperator? Find(string sign) => sign switch
    {
        "=" => FilterOperator.Equal,
        "!=" or "<>" => FilterOperator.NotEqual,
        "<" => FilterOperator.Less,
        "<=" => FilterOperator.LessOrEqual,
        ">" => FilterOperator.Greater,
        ">=" => FilterOperator.GreaterOrEqual,
        _ => null,
    };

    public static string Sign(FilterOperator op) => op switch
    {
        FilterOperator.Equal => "=",
        FilterOperator.NotEqual => "!=",
        FilterOperator.Less => "<",
        FilterOperator.LessOrEqual => "<=",
        FilterOperator.Greater => ">",
        FilterOperator.GreaterOrEqual => ">=",
        FilterOperator.Like => "LIKE",
        FilterOperator.LikeIgnoreCase => "ILIKE",
        _ => throw new ArgumentException($"Filter operator is unknown: {op}."),
    };
}
