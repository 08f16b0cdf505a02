using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Values under keys that users choose, such as the metrics of a run.</summary>
/// <param name="Name">The name as it is written by the formatter.</param>
/// <param name="Type">How the values are compared; numbers are series, everything else fields.</param>
internal sealed record SearchCollection(string Name, SearchType Type)
{
    /// <summary>Other names for it.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Why nothing can be asked of it, if nothing can.</summary>
    public string? Refusal { get; init; }

    /// <summary>What the names of its fields or series begin with.</summary>
    public string Prefix { get; } = Name + ".";

    public bool IsCalled(string name) =>
        name.Equals(Name, StringComparison.OrdinalIgnoreCase) || Aliases.Contains(name, StringComparer.OrdinalIgnoreCase);

    public SearchAttribute Of(string key) =>
        new(Prefix + key, Type, Type == SearchType.Number ? Operand.Series(RunRecord.MetricSeries(key)) : Operand.Field(Prefix + key));
}
