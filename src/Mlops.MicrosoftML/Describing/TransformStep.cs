namespace Mlops.MicrosoftML;

/// <summary>What one step of a fitted pipeline did.</summary>
/// <param name="Name">Its type, without the words that all share.</param>
/// <param name="Outputs">The columns it made.</param>
internal sealed record TransformStep(string Name, IReadOnlyList<OutputColumn> Outputs)
{
    public override string ToString() =>
        $"{Name}({string.Join(", ", Outputs.SelectMany(o => o.Inputs).Distinct(StringComparer.Ordinal))} → {string.Join(", ", Outputs.Select(o => o.Name))})";
}

/// <param name="Name">The name.</param>
/// <param name="Type">Its type as ML.NET writes it, such as <c>Vector&lt;Single, 12&gt;</c>.</param>
/// <param name="Inputs">The columns it is computed from; empty where the step does not say.</param>
internal sealed record OutputColumn(string Name, string Type, IReadOnlyList<string> Inputs);
