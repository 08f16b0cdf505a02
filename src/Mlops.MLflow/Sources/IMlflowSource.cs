namespace Mlops.MLflow;

/// <summary>An MLflow store that is read. What cannot be read goes to the tally; the rest goes on.</summary>
internal interface IMlflowSource : IDisposable
{
    /// <summary>The folder that relative artifact locations start from.</summary>
    string BaseFolder { get; }

    IEnumerable<SourceExperiment> Experiments();

    IEnumerable<SourceRun> Runs();

    /// <summary>The points of a run in the order in which they were logged, those of the keys in any mixture.</summary>
    IEnumerable<SourcePoint> Points(SourceRun run);

    /// <summary>Registered models, their versions, data sets: what is kept for later.</summary>
    IEnumerable<SourceRecord> Records();
}
