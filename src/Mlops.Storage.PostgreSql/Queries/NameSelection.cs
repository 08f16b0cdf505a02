using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Which stored names a projection takes, as a condition on <c>n</c>, so that only their rows travel.</summary>
internal sealed class NameSelection(IReadOnlyList<string> patterns)
{
    public static NameSelection All { get; } = new(["*"]);

    private bool IsAll => patterns.Contains("*", StringComparer.Ordinal);

    /// <summary>The condition, whose parameters follow the first one.</summary>
    public string Condition => IsAll
        ? ""
        : " AND (n.name = ANY($2) OR EXISTS (SELECT 1 FROM unnest($3) AS p WHERE \"left\"(n.name, char_length(p)) = p))";

    /// <summary>Parameters for one statement.</summary>
    public NpgsqlParameter[] Parameters() => IsAll
        ? []
        : [Args.All(patterns.Where(p => p[^1] != '*')), Args.All(patterns.Where(p => p[^1] == '*').Select(p => p[..^1]))];
}
