namespace Mlops.Storage;

/// <summary>What one copy has done so far, and how it commits.</summary>
internal sealed class CopyState(IMetadataStore target, CopyMark mark, string actor, TimeProvider time, IProgress<CopyProgress>? progress)
{
    private readonly Dictionary<RecordId, RecordId> _mapped = [];
    private readonly List<OverwrittenField> _overwritten = [];
    private long _seen;
    private long _records;
    private long _points;

    public CopyMark Mark { get; } = mark;

    public List<string> Differences { get; } = [];

    public long Objects { get; set; }

    public long ObjectBytes { get; set; }

    /// <summary>Commits changes together with the mark.</summary>
    /// <exception cref="ConflictException">A record has changed since it was read, or another copy wrote the mark.</exception>
    public async Task CommitAsync(CopyPlan plan, CancellationToken cancellationToken)
    {
        await CommitAsync(new Batch { Actor = actor, ClientTime = time.GetUtcNow(), Preconditions = plan.Preconditions, Changes = plan.Changes }, cancellationToken)
            .ConfigureAwait(false);
        foreach (var (from, to) in plan.Mapped)
            _mapped[from] = to;
        Differences.AddRange(plan.Differences);
        _overwritten.AddRange(plan.Overwritten);
        _seen += plan.Seen;
        _records += plan.Preconditions.Count;
        Report();
    }

    /// <summary>Commits points together with the mark.</summary>
    public async Task CommitAsync(IReadOnlyList<SeriesAppend> appends, CancellationToken cancellationToken)
    {
        await CommitAsync(new Batch { Actor = actor, ClientTime = time.GetUtcNow(), Appends = appends }, cancellationToken).ConfigureAwait(false);
        _points += appends.Sum(a => (long)a.Points.Count);
        Report();
    }

    public CopyReport ToReport() => new(_records, _points, Objects, ObjectBytes, _mapped, Differences) { Overwritten = _overwritten };

    private async Task CommitAsync(Batch batch, CancellationToken cancellationToken)
    {
        await target.CommitAsync(batch with { Cells = [Mark.ToWrite()] }, cancellationToken).ConfigureAwait(false);
        await Mark.LearnAsync(target, cancellationToken).ConfigureAwait(false);
    }

    private void Report() => progress?.Report(new CopyProgress(_seen, _points, ObjectBytes));
}
