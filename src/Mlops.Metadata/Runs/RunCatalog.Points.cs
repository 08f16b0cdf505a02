using Mlops.Storage;

namespace Mlops.Metadata;

/// <content>Points as rows of the view <c>metric_points</c> of the database, for people and their tools.</content>
public sealed partial class RunCatalog
{
    /// <summary>
    /// Shows the points that these runs have now in the view <c>metric_points</c>, in place of what it showed of them before. They
    /// take some 40 to 100 bytes each there. A fork shows its own points only. Returns how many are shown.
    /// </summary>
    /// <param name="runs">The runs; each is shown whole, in the order given.</param>
    /// <param name="cancellationToken">Cancels; runs before that one stay shown.</param>
    /// <exception cref="ArgumentException">An id is <c>default</c>.</exception>
    /// <exception cref="NotFoundException">A run does not exist or was purged.</exception>
    public Task<long> ShowPointsAsync(IReadOnlyCollection<RunId> runs, CancellationToken cancellationToken = default) =>
        ShowAsync(runs, RunRecord.MetricPrefix, cancellationToken);

    /// <summary>Takes the points of these runs out of the view <c>metric_points</c>; the curves stay.</summary>
    /// <exception cref="ArgumentException">An id is <c>default</c>.</exception>
    /// <exception cref="NotFoundException">A run does not exist or was purged.</exception>
    public Task HidePointsAsync(IReadOnlyCollection<RunId> runs, CancellationToken cancellationToken = default) =>
        ShowAsync(runs, null, cancellationToken);

    private async Task<long> ShowAsync(IReadOnlyCollection<RunId> runs, string? prefix, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runs);
        foreach (var run in runs)
            ThrowIfDefault(run);
        long shown = 0;
        foreach (var run in runs)
            shown += await _store.ShowSeriesAsync(run.Value, prefix, cancellationToken).ConfigureAwait(false);
        return shown;
    }
}
