using System.Text.Json.Nodes;
using Mlops.Metadata;

namespace Mlops.MLflow;

/// <summary>What has no room of its own here yet and is kept as MLflow has it.</summary>
internal sealed record SourceRecord(string Kind, string Key, RunId? Run, JsonObject Body, string Place)
{
    /// <summary>The registered model that it is or belongs to, with which its key begins.</summary>
    public string? Model { get; init; }

    /// <summary>When the registered model was created: two of one name that differ in this are two models.</summary>
    public string? ModelCreated { get; init; }

    /// <summary>Its files, where it has some.</summary>
    public SourceFiles? Files { get; init; }
}
