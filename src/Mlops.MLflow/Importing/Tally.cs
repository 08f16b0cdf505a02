namespace Mlops.MLflow;

/// <summary>Counts what an import meets and what became of it, and keeps what went wrong.</summary>
internal sealed class Tally
{
    private readonly Dictionary<(string Place, string Reason), long> _problems = [];

    public Counter Experiments { get; } = new();

    public Counter Runs { get; } = new();

    public Counter Params { get; } = new();

    public Counter Tags { get; } = new();

    public Counter Points { get; } = new();

    public Counter Artifacts { get; } = new();

    public Counter Records { get; } = new();

    public long VerifiedSeries { get; set; }

    /// <summary>How far the import is, whether or not what it met is committed.</summary>
    public MlflowImportProgress Progress { get; set; }

    /// <summary>Keeps a problem; the same one again counts.</summary>
    public void Report(string place, string reason, long count = 1) =>
        _problems[(place, reason)] = _problems.GetValueOrDefault((place, reason)) + count;

    /// <summary>Keeps a problem with things that could be seen and not taken.</summary>
    public void Refuse(Counter kind, string place, string reason, long count = 1)
    {
        kind.Refused += count;
        Report(place, reason, count);
    }

    public MlflowImportReport ToReport() => new()
    {
        Experiments = Experiments.ToCount(),
        Runs = Runs.ToCount(),
        Params = Params.ToCount(),
        Tags = Tags.ToCount(),
        Points = Points.ToCount(),
        Artifacts = Artifacts.ToCount(),
        Records = Records.ToCount(),
        VerifiedSeries = VerifiedSeries,
        Problems = [.. _problems.Select(p => new MlflowProblem(p.Key.Place, p.Key.Reason, p.Value))],
    };

    internal sealed class Counter
    {
        public long Taken { get; set; }

        public long Present { get; set; }

        public long Refused { get; set; }

        public MlflowCount ToCount() => new(Taken + Present + Refused, Taken, Present, Refused);
    }
}
