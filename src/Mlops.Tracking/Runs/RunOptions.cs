using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>What a run starts with.</summary>
public sealed record RunOptions
{
    /// <summary>A name for people, 1 to 500 characters; by default two words and a number, such as <c>quiet-harbor-31</c>.</summary>
    public string? Name { get; init; }

    /// <summary>The run that this one is a part of.</summary>
    public RunId? Parent { get; init; }

    /// <summary>Tags to set at the start.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Parameters to log at the start; see <see cref="ActiveRun.LogParam{T}"/>.</summary>
    public IReadOnlyDictionary<string, object?> Params { get; init; } = new Dictionary<string, object?>();
}
