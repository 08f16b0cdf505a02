namespace Mlops.MLflow;

/// <summary>What an import did and could not do.</summary>
public sealed record MlflowImportReport
{
    /// <summary>Experiments; one whose name was here already was joined, and counts as present.</summary>
    public required MlflowCount Experiments { get; init; }

    /// <summary>Runs.</summary>
    public required MlflowCount Runs { get; init; }

    /// <summary>Parameters.</summary>
    public required MlflowCount Params { get; init; }

    /// <summary>Tags of runs.</summary>
    public required MlflowCount Tags { get; init; }

    /// <summary>Points of metrics.</summary>
    public required MlflowCount Points { get; init; }

    /// <summary>Files of runs.</summary>
    public required MlflowCount Artifacts { get; init; }

    /// <summary>Registered and logged models, versions, data sets, inputs; refused are also the rows and folders that have no place here, such as traces.</summary>
    public required MlflowCount Records { get; init; }

    /// <summary>How many series were read back and have the same number of points and the same digest as in the MLflow store.</summary>
    public required long VerifiedSeries { get; init; }

    /// <summary>What could not be taken or differs; empty if everything is here.</summary>
    public required IReadOnlyList<MlflowProblem> Problems { get; init; }
}
