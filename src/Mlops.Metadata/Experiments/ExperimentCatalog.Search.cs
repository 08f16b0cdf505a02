using Mlops.Storage;

namespace Mlops.Metadata;

public sealed partial class ExperimentCatalog
{
    /// <summary>
    /// The experiments that a text of the search language matches, a page at a time: <c>name LIKE 'vision/%' AND tags.team = 'ops'</c>.
    /// Deleted ones are left out unless the filter says something of <c>lifecycle</c>.
    /// </summary>
    /// <param name="filter">The condition; null or blank for all.</param>
    /// <param name="orderBy">The order, such as <c>created DESC</c>; null or blank for by name.</param>
    /// <param name="limit">How many at most, 1 to 10,000.</param>
    /// <param name="cursor">Where an earlier page of the same search ended; null for the first page.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="FilterSyntaxException">A text is malformed; the message shows where.</exception>
    /// <exception cref="ArgumentException">The limit is out of range, or the cursor belongs to another search.</exception>
    public async Task<ExperimentPage> SearchAsync(
        string? filter = null, string? orderBy = null, int limit = 100, string? cursor = null, CancellationToken cancellationToken = default)
    {
        var language = SearchLanguage.Experiments;
        var order = language.ParseOrder(orderBy ?? "");
        var query = new RecordQuery
        {
            Kind = ExperimentRecord.Kind,
            Filter = Unhidden(language.ParseFilter(filter ?? "", _context.Time)),
            CursorFilter = Unhidden(language.ParseFilter(filter ?? "", DateTimeOffset.UnixEpoch)),
            OrderBy = order.Count > 0 ? order : [new RecordOrder(Operand.Property(RecordProperty.Key))],
            Limit = limit,
            Cursor = cursor,
        };
        var page = await _store.QueryAsync(query, cancellationToken).ConfigureAwait(false);
        return new ExperimentPage([.. page.Records.Select(Read)], page.Next);
    }

    /// <summary>An experiment, whose goals the runs of this client know from then on.</summary>
    private Experiment Read(RecordSnapshot record)
    {
        var experiment = Experiment.Read(record);
        _context.NoteGoals(experiment.Name, experiment.Goals);
        return experiment;
    }

    private static Filter Unhidden(Filter filter) => FilterTree.Mentions(filter, Operand.Field(RunRecord.Stage))
        ? filter
        : RunRecord.IsAt(LifecycleStage.Active) & filter;
}
