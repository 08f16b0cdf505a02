namespace FlightDelays;

/// <summary>What distinguishes one training from another.</summary>
internal sealed record TreeSettings(string Name, int Trees, int Leaves, double LearningRate)
{
    /// <summary>The three that this sample compares.</summary>
    public static IReadOnlyList<TreeSettings> All { get; } =
    [
        new("small", Trees: 100, Leaves: 8, LearningRate: 0.2),
        new("large", Trees: 100, Leaves: 64, LearningRate: 0.2),
        new("slow", Trees: 300, Leaves: 20, LearningRate: 0.05),
    ];
}
