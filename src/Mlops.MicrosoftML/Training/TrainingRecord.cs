namespace Mlops.MicrosoftML;

/// <summary>What <c>mlnet/training.json</c> holds.</summary>
internal sealed record TrainingRecord
{
    public required string Version { get; init; }

    public string? Trainer { get; set; }

    public IReadOnlyDictionary<string, string> Options { get; set; } = new Dictionary<string, string>();

    public long? Rows { get; set; }

    public string? Fingerprint { get; set; }

    public double Seconds { get; set; }

    public IReadOnlyList<SchemaColumn> InputSchema { get; set; } = [];

    public IReadOnlyList<string> Features { get; set; } = [];

    public IReadOnlyList<TransformStep> Steps { get; set; } = [];

    public IReadOnlyList<SchemaColumn> OutputSchema { get; set; } = [];

    public IReadOnlyList<string> Warnings { get; set; } = [];
}
