namespace Mlops.Storage.PostgreSql;

/// <summary>What the batches of a transaction come to: the writes, and a result or an error for each batch.</summary>
internal sealed class GroupOutcome
{
    private readonly IReadOnlyList<PendingBatch> _group;
    private readonly BatchResult?[] _results;
    private readonly Exception?[] _errors;

    public GroupOutcome(IReadOnlyList<PendingBatch> group, Prefetched before, TimeProvider time)
    {
        _group = group;
        _results = new BatchResult?[group.Count];
        _errors = new Exception?[group.Count];
        (WriteSet Writes, List<GrownSeries> Series)? applied;
        do
            applied = TryApply(before, time);
        while (applied is null);
        (Writes, Series) = applied.Value;
    }

    public WriteSet Writes { get; }

    public IReadOnlyList<GrownSeries> Series { get; }

    /// <summary>Tells the callers.</summary>
    public void Publish()
    {
        for (var i = 0; i < _group.Count; i++)
        {
            _group[i].Result = _results[i];
            _group[i].Error = _errors[i];
        }
    }

    /// <summary>Applies the batches that have no error; null if one more has got one, so that what it wrote must be forgotten.</summary>
    private (WriteSet Writes, List<GrownSeries> Series)? TryApply(Prefetched before, TimeProvider time)
    {
        var writes = new WriteSet(before);
        var applier = new BatchApplier(writes, time);
        for (var i = 0; i < _group.Count; i++)
        {
            if (_errors[i] is not null)
                continue;
            try
            {
                _results[i] = applier.Apply(_group[i].Batch);
            }
            catch (Exception e)
            {
                _results[i] = null;
                _errors[i] = e;
                return null;
            }
        }

        return (writes, writes.Series.Select(s => GrownSeries.Of(s.Key.Owner, s.Key.Name, s.Value)).ToList());
    }
}
