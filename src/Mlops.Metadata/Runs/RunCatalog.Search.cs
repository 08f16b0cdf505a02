using Mlops.Storage;

namespace Mlops.Metadata;

public sealed partial class RunCatalog
{
    /// <summary>
    /// The runs that a text of the search language matches, a page at a time: <c>metrics.auc &gt; 0.6 AND params.model = 'a'</c>.
    /// Deleted runs are left out unless the filter says something of <c>lifecycle</c>.
    /// </summary>
    /// <param name="filter">The condition; null or blank for all runs.</param>
    /// <param name="orderBy">The order, such as <c>metrics.auc DESC, start_time</c>; null or blank for the newest first.</param>
    /// <param name="limit">How many at most, 1 to 10,000.</param>
    /// <param name="cursor">Where an earlier page of the same search ended; null for the first page.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="FilterSyntaxException">A text is malformed; the message shows where.</exception>
    /// <exception cref="ArgumentException">The limit is out of range, or the cursor belongs to another search.</exception>
    public async Task<RunPage> SearchAsync(
        string? filter = null, string? orderBy = null, int limit = 100, string? cursor = null, CancellationToken cancellationToken = default)
    {
        var condition = SearchLanguage.Runs.ParseFilter(filter ?? "", _context.Time);
        var query = new RunQuery
        {
            Filter = condition,
            CursorFilter = SearchLanguage.Runs.ParseFilter(filter ?? "", DateTimeOffset.UnixEpoch),
            IncludeDeleted = FilterTree.Mentions(condition, Operand.Field(RunRecord.Stage)),
            OrderBy = SearchLanguage.Runs.ParseOrder(orderBy ?? ""),
            Limit = limit,
            Cursor = cursor,
        };
        return await QueryAsync(query, cancellationToken).ConfigureAwait(false);
    }
}
