namespace Mlops.Storage;

/// <summary>What one copy has done so far, and how it commits.</summary>
internal sealed class CopyState(IMetadataStore target, CopyMark mark, string actor, TimeProvider time, IProgress<CopyProgress>? progress)
{
    public CopyMark Mark { get; } = mark;

    public Dictionary<RecordId, RecordId> Mapped { get; } = [];

    public List<string> Differences { get; } = [];

    public List<OverwrittenField> Overwritten { get; } = [];

    public long Seen { get; set; }

    public long Records { get; set; }

    public long Points { get; set; }

    public long Objects { get; set; }

    public long ObjectBytes { get; set; }

    /// <summary>Commits together with the mark.</summary>
    public async Task CommitAsync(IReadOnlyList<RecordChange> changes, IReadOnlyList<SeriesAppend> appends, CancellationToken cancellationToken)
    {
        await target.CommitAsync(
            new Batch { Actor = actor, ClientTime = time.GetUtcNow(), Changes = changes, Appends = appends, Cells = [Mark.ToWrite()] },
            cancellationToken).ConfigureAwait(false);
        await Mark.LearnAsync(target, cancellationToken).ConfigureAwait(false);
        progress?.Report(new CopyProgress(Seen, Points, ObjectBytes));
    }

    public CopyReport ToReport() => new(Records, Points, Objects, ObjectBytes, Mapped, Differences) { Overwritten = Overwritten };
}
