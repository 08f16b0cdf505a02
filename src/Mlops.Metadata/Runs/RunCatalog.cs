using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Reads runs, their curves and their artifacts. Thread-safe.</summary>
public sealed partial class RunCatalog
{
    private readonly IMetadataStore _store;
    private readonly ContentStore _content;
    private readonly TimeProvider _time;

    /// <summary>Creates a catalog over a store.</summary>
    public RunCatalog(MetadataContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _store = context.Store;
        _content = context.Content;
        _time = context.Time;
    }

    /// <summary>The run with this id; null if there never was one.</summary>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<Run?> FindAsync(RunId id, CancellationToken cancellationToken = default)
    {
        ThrowIfDefault(id);
        var record = await _store.FindRecordAsync(id.Value, cancellationToken).ConfigureAwait(false);
        if (record is null)
            return null;
        return RunRecord.Read(record, await _store.ListSeriesAsync([id.Value], cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The run with this id.</summary>
    /// <exception cref="NotFoundException">There is none.</exception>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<Run> GetAsync(RunId id, CancellationToken cancellationToken = default) =>
        await FindAsync(id, cancellationToken).ConfigureAwait(false)
        ?? throw new NotFoundException(
            $"Run {id} is not in the store at {_store.Info.Location}. Check the id, or flush the run in the process that started it.");

    /// <summary>The runs that match, a page at a time.</summary>
    /// <exception cref="NotFoundException">The experiment does not exist.</exception>
    public async Task<RunPage> QueryAsync(RunQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        List<Filter> terms = [];
        if (query.Experiment is { } name)
        {
            var experiment = await _store.FindRecordAsync(new RecordKey(ExperimentRecord.Kind, name), cancellationToken).ConfigureAwait(false)
                ?? throw new NotFoundException($"Experiment '{name}' is not in the store at {_store.Info.Location}. Check the name.");
            terms.Add(new Filter.Compare(
                Operand.Field(RunRecord.Experiment), FilterOperator.Equal, FieldValue.Reference(experiment.Id)));
        }

        if (!query.IncludeDeleted)
            terms.Add(new Filter.IsMissing(Operand.Field(RunRecord.Stage)));
        if (query.Filter is { } filter)
            terms.Add(filter);
        var page = await _store.QueryAsync(
            new RecordQuery
            {
                Kind = RunRecord.Kind,
                Filter = new Filter.AllOf(terms),
                OrderBy = query.OrderBy,
                Limit = query.Limit,
                Cursor = query.Cursor,
            },
            cancellationToken).ConfigureAwait(false);
        var series = await _store.ListSeriesAsync([.. page.Records.Select(r => r.Id)], cancellationToken).ConfigureAwait(false);
        var byOwner = series.ToLookup(s => s.Owner);
        return new RunPage([.. page.Records.Select(r => RunRecord.Read(r, byOwner[r.Id]))], page.Next);
    }

    /// <summary>
    /// All points of a metric, by step, then time, then order of arrival; empty if the run has none. They are held in memory at
    /// 32 bytes each; for a chart of a long curve use <see cref="SampleMetricAsync"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<IReadOnlyList<MetricPoint>> ReadMetricAsync(RunId run, string key, CancellationToken cancellationToken = default)
    {
        ThrowIfDefault(run);
        List<MetricPoint> points = [];
        var chunks = _store.ReadSeriesAsync(run.Value, RunRecord.MetricSeries(key), SeriesRange.All, cancellationToken);
        await foreach (var chunk in chunks.ConfigureAwait(false))
        {
            for (var i = 0; i < chunk.Count; i++)
                points.Add(new MetricPoint(chunk.Steps.Span[i], Microseconds.ToTime(chunk.Times.Span[i]), chunk.Numbers.Span[i]));
        }

        // a stable sort keeps the order of arrival among equals
        return [.. points.OrderBy(p => p.Step).ThenBy(p => p.Time)];
    }

    /// <summary>A metric in at most <paramref name="buckets"/> pieces, each with its extremes at their exact steps.</summary>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public Task<IReadOnlyList<SeriesBucket>> SampleMetricAsync(
        RunId run, string key, int buckets = 1000, CancellationToken cancellationToken = default)
    {
        ThrowIfDefault(run);
        return _store.DownsampleSeriesAsync(run.Value, RunRecord.MetricSeries(key), SeriesRange.All, buckets, cancellationToken);
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
