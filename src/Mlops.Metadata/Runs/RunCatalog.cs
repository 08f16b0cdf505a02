using System.Collections.Concurrent;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>
/// Reads runs, their curves and their artifacts, follows them while they run, and edits what is stored of them. Thread-safe.
/// </summary>
public sealed partial class RunCatalog
{
    private readonly MetadataContext _context;
    private readonly IMetadataStore _store;
    private readonly ContentStore _content;
    private readonly RunLifecycle _lifecycle;
    private readonly ConcurrentDictionary<string, RecordId> _experiments = new(StringComparer.Ordinal);
    private readonly RunContextReader _contexts;

    /// <summary>Creates a catalog over a store.</summary>
    public RunCatalog(MetadataContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        _store = context.Store;
        _content = context.Content;
        _lifecycle = new RunLifecycle(context);
        _contexts = new RunContextReader(_store);
    }

    /// <summary>The run with this id; null if there is none, or it was purged.</summary>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<Run?> FindAsync(RunId id, CancellationToken cancellationToken = default)
    {
        ThrowIfDefault(id);
        var record = await _store.FindRecordAsync(id.Value, cancellationToken).ConfigureAwait(false);
        if (record is null or { IsPurged: true, Kind: RunRecord.Kind })
            return null;
        var run = RunRecord.Read(record, await _store.ListSeriesAsync([id.Value], cancellationToken).ConfigureAwait(false));
        run = await _contexts.WithContextAsync(run, cancellationToken).ConfigureAwait(false);
        return run.ForkedFrom is null ? run : await WithSharedMetricsAsync(run, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The run with this id.</summary>
    /// <exception cref="NotFoundException">There is none, or it was purged; the message says which.</exception>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<Run> GetAsync(RunId id, CancellationToken cancellationToken = default) =>
        await FindAsync(id, cancellationToken).ConfigureAwait(false)
        ?? throw await _lifecycle.MissingAsync(id, cancellationToken).ConfigureAwait(false);

    /// <summary>The runs that match, a page at a time.</summary>
    /// <exception cref="NotFoundException">The experiment does not exist.</exception>
    public async Task<RunPage> QueryAsync(RunQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var page = await FindAsync(query, RunRecord.Select(query.Select), cancellationToken).ConfigureAwait(false);
        var byOwner = page.Series.ToLookup(s => s.Owner);
        Run[] runs = [.. page.Records.Select(r => RunRecord.Read(r, byOwner[r.Id]))];
        return new RunPage(await _contexts.WithContextAsync(runs, cancellationToken).ConfigureAwait(false), page.Next);
    }

    /// <summary>The ids of the runs that match, a page at a time; nothing else of them is read.</summary>
    /// <exception cref="NotFoundException">The experiment does not exist.</exception>
    public async Task<RunIdPage> QueryIdsAsync(RunQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var page = await FindAsync(query, RecordProjection.Ids, cancellationToken).ConfigureAwait(false);
        return new RunIdPage([.. page.Records.Select(r => new RunId(r.Id))], page.Next);
    }

    private async Task<RecordPage> FindAsync(RunQuery query, RecordProjection select, CancellationToken cancellationToken)
    {
        if (query.Experiment is not { } name)
            return await FindAsync(query, experiment: null, select, cancellationToken).ConfigureAwait(false);

        // a name belongs to one experiment until that is purged, and then no run is left; a cursor belongs to what has the name now
        var known = query.Cursor is null && _experiments.TryGetValue(name, out var cached) ? cached : (RecordId?)null;
        var page = known is null ? null : await FindAsync(query, known, select, cancellationToken).ConfigureAwait(false);
        if (page is { Records.Count: > 0 })
            return page;
        var found = await _store.FindRecordAsync(new RecordKey(ExperimentRecord.Kind, name), cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            // a writer that knew the purged one by its id may still add to it: that is not what has the name
            _experiments.TryRemove(name, out _);
            throw new NotFoundException($"Experiment '{name}' is not in the store at {_store.Info.Location}. Check the name.");
        }

        if (page is not null && found.Id == known)
            return page;
        _experiments[name] = found.Id;
        return await FindAsync(query, found.Id, select, cancellationToken).ConfigureAwait(false);
    }

    private async Task<RecordPage> FindAsync(RunQuery query, RecordId? experiment, RecordProjection select, CancellationToken cancellationToken)
    {
        List<Filter> terms = [];
        if (experiment is { } id)
            terms.Add(new Filter.Compare(Operand.Field(RunRecord.Experiment), FilterOperator.Equal, FieldValue.Reference(id)));
        if (!query.IncludeDeleted)
            terms.Add(new Filter.IsMissing(Operand.Field(RunRecord.Stage)));
        var start = RunOrder.StartTime(descending: true);
        var order = query.OrderBy.Any(o => o.By == start.By) ? query.OrderBy : [.. query.OrderBy, start];

        // every run starts, so none is lost; and the store need not look for runs without a start behind the others
        if (order[0].By == start.By)
            terms.Add(new Filter.Negation(new Filter.IsMissing(start.By)));
        var condition = query.Filter is { } filter ? await ExperimentNames.ResolveAsync(_store, filter, cancellationToken).ConfigureAwait(false) : null;
        if (condition is not null)
            condition = await RunContextFilter.ResolveAsync(_store, condition, cancellationToken).ConfigureAwait(false);
        return await _store.QueryAsync(
            new RecordQuery
            {
                Kind = RunRecord.Kind,
                Filter = condition is null ? new Filter.AllOf(terms) : new Filter.AllOf([condition, .. terms]),

                // names of experiments and now() may mean more on the next page; the question stays the same
                CursorFilter = (query.CursorFilter ?? query.Filter) is { } asked ? new Filter.AllOf([asked, .. terms]) : null,
                OrderBy = order,
                Select = select,
                Limit = query.Limit,
                Cursor = query.Cursor,
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// A table of the run's context by its name, such as <c>packages</c> (names and versions); null if it has none, or has none yet.
    /// </summary>
    /// <exception cref="NotFoundException">There is no such run, or it was purged.</exception>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<IReadOnlyDictionary<string, string>?> FindContextTableAsync(
        RunId run, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return await _contexts.FindTableAsync(
            await GetAsync(run, cancellationToken).ConfigureAwait(false), name, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The artifacts of a run by path; of several logged to one path, the newest.</summary>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<IReadOnlyList<Artifact>> ListArtifactsAsync(RunId run, CancellationToken cancellationToken = default)
    {
        var newest = new SortedDictionary<string, Artifact>(StringComparer.Ordinal);
        var query = ArtifactsOf(run, path: null, limit: 1000);
        while (true)
        {
            var page = await _store.QueryAsync(query, cancellationToken).ConfigureAwait(false);
            foreach (var record in page.Records)
            {
                var artifact = Artifact.Read(record);
                newest.TryAdd(artifact.Path.Value, artifact);
            }

            if (page.Next is null)
                return [.. newest.Values];
            query = query with { Cursor = page.Next };
        }
    }

    /// <summary>Opens an artifact; what is read is checked against its digest.</summary>
    /// <exception cref="NotFoundException">The run has no artifact of that path.</exception>
    /// <exception cref="ArgumentException">The path is not allowed.</exception>
    public async Task<Stream> OpenArtifactAsync(RunId run, string path, CancellationToken cancellationToken = default)
    {
        var artifact = await GetArtifactAsync(run, path, cancellationToken).ConfigureAwait(false);
        return await _content.OpenReadAsync(artifact.Digest, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Copies an artifact to a file, which appears whole and verified or not at all.</summary>
    /// <param name="run">The run.</param>
    /// <param name="path">The logical path.</param>
    /// <param name="file">Where to put it; an existing file is replaced.</param>
    /// <param name="progress">Told the bytes copied so far.</param>
    /// <param name="cancellationToken">Cancels the copy.</param>
    /// <exception cref="NotFoundException">The run has no artifact of that path.</exception>
    public async Task DownloadArtifactAsync(
        RunId run, string path, string file, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var artifact = await GetArtifactAsync(run, path, cancellationToken).ConfigureAwait(false);
        await _content.CopyToFileAsync(artifact.Digest, file, progress, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Artifact> GetArtifactAsync(RunId run, string path, CancellationToken cancellationToken)
    {
        var logical = ArtifactPath.Parse(path);
        var page = await _store.QueryAsync(ArtifactsOf(run, logical, limit: 1), cancellationToken).ConfigureAwait(false);
        return page.Records.Count > 0
            ? Artifact.Read(page.Records[0])
            : throw new NotFoundException($"Run {run} has no artifact '{logical}'. ListArtifactsAsync shows what it has.");
    }

    private static void ThrowIfDefault(RunId run)
    {
        if (run.Value.IsEmpty)
            throw new ArgumentException("The run id is default and identifies nothing; pass the id of a run.", nameof(run));
    }

    private static RecordQuery ArtifactsOf(RunId run, ArtifactPath? path, int limit)
    {
        ThrowIfDefault(run);
        List<Filter> terms =
        [
            new Filter.Compare(Operand.Field(ArtifactRecord.Run), FilterOperator.Equal, FieldValue.Reference(run.Value)),
        ];
        if (path is { } p)
            terms.Add(new Filter.Compare(Operand.Field(ArtifactRecord.Path), FilterOperator.Equal, FieldValue.Text(p.Value)));
        return new RecordQuery { Kind = ArtifactRecord.Kind, Filter = new Filter.AllOf(terms), Limit = limit };
    }
}
