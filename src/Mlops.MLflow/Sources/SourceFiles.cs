using Mlops.Metadata;

namespace Mlops.MLflow;

/// <summary>The files of a run, or of a model that a run logged.</summary>
/// <param name="Run">The run whose artifacts they become.</param>
/// <param name="OwnerId">The run's or model's id, which is in the location.</param>
/// <param name="Prefix">What their paths begin with here.</param>
/// <param name="Location">Where MLflow says they are.</param>
/// <param name="Beside">Where they are in a file store whose locations do not hold.</param>
/// <param name="Place">What has them, for problems.</param>
internal sealed record SourceFiles(RunId Run, string OwnerId, string Prefix, string? Location, string? Beside, string Place)
{
    /// <summary>Those of a model that a run logged, which MLflow 3 keeps outside the run.</summary>
    public static SourceFiles OfModel(RunId run, string model, string? location, string? beside, string place) =>
        new(run, model, $"models/{model}/", location, beside, place);
}
