namespace Mlops.MLflow;

/// <summary>Counts what an import meets, and keeps what went wrong.</summary>
internal sealed class Tally
{
    private readonly HashSet<MlflowProblem> _seen = [];
    private readonly List<MlflowProblem> _problems = [];

    public Counter Experiments { get; } = new();

    public Counter Runs { get; } = new();

    public Counter Params { get; } = new();

    public Counter Tags { get; } = new();

    public Counter Points { get; } = new();

    public Counter Artifacts { get; } = new();

    public Counter Records { get; } = new();

    public long VerifiedSeries { get; set; }

    /// <summary>Keeps a problem, once.</summary>
    public void Report(string place, string reason)
    {
        var problem = new MlflowProblem(place, reason);
        if (_seen.Add(problem))
            _problems.Add(problem);
    }

    /// <summary>Keeps a problem with a thing that could be seen and not taken.</summary>
    public void Refuse(Counter kind, string place, string reason)
    {
        kind.Refused++;
        Report(place, reason);
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
        Problems = _problems,
    };

    internal sealed class Counter
    {
        public long Taken { get; set; }

        public long Present { get; set; }

        public long Refused { get; set; }

        public MlflowCount ToCount() => new(Taken + Present + Refused, Taken, Present, Refused);
    }
}
