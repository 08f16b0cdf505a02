namespace Mlops.Benchmarks;

/// <summary>
/// One number that the project promises, measured beside the best that a simple tool can do on the same machine in the same
/// minute. What is promised is the ratio, which travels between machines; the number does not.
/// </summary>
internal abstract class Figure : IAsyncDisposable
{
    private readonly List<string> _notes = [];
    private readonly List<double> _beside = [];

    /// <summary>The name on the command line and in the table of the README.</summary>
    public abstract string Name { get; }

    /// <summary>The unit of both sides.</summary>
    public abstract string Unit { get; }

    /// <summary>What the other side is, in one word with hyphens.</summary>
    public abstract string BaselineName { get; }

    /// <summary>What ours divided by the baseline must reach; ours itself where there is no baseline.</summary>
    public abstract Bound Bound { get; }

    /// <summary>How often each side is measured; the median counts.</summary>
    public virtual int Rounds => 3;

    /// <summary>How often the baseline is measured, where it is slow and steady.</summary>
    public virtual int BaselineRounds => Rounds;

    /// <summary>How many first measurements of each side are thrown away, so that compiling does not count.</summary>
    public virtual int WarmUps => 1;

    /// <summary>False once a promise beside the ratio was broken.</summary>
    public bool AlsoHolds { get; private set; } = true;

    /// <summary>Why this figure cannot be measured here; null if it can. Known once it is prepared.</summary>
    public virtual string? Missing => null;

    /// <summary>Lines printed below the figure.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Makes what all rounds share.</summary>
    public virtual Task PrepareAsync(Workspace workspace) => Task.CompletedTask;

    /// <summary>Measures ours once, in <see cref="Unit"/>.</summary>
    public abstract Task<double> MeasureOursAsync(Workspace workspace);

    /// <summary>Measures the baseline once, in <see cref="Unit"/>; null where there is none.</summary>
    public abstract Task<double?> MeasureBaselineAsync(Workspace workspace);

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Notes a number that is promised to be zero, such as points dropped; any other makes the figure short.</summary>
    protected void MustBeZero(string what, double value)
    {
        AlsoHolds &= value == 0;
        Note($"{value:0.######} {what}");
    }

    /// <summary>Takes what was measured beside the baseline in each of its rounds; the median is noted after the last one.</summary>
    protected void NoteBeside(double value, string what)
    {
        _beside.Add(value);
        if (_beside.Count == WarmUps + BaselineRounds)
            Note($"{FigureRunner.Median(_beside[WarmUps..]):0.#} {what}");
    }

    protected void Note(FormattableString note) => _notes.Add(FormattableString.Invariant(note));
}
