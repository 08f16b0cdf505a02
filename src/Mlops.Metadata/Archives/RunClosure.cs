using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>
/// All records that runs need to be whole elsewhere: the runs below them, the runs that they were forked from, their experiments,
/// contexts, steps and artifacts.
/// </summary>
public static class RunClosure
{
    private const int Together = 500;

    private static readonly RecordProjection Links = new()
    {
        Body = false,
        Fields = [RunRecord.Experiment, RunRecord.ForkedFromField, RunRecord.Context],
    };

    private static readonly RecordProjection Tables = new() { Body = false, Fields = [RunContextRecord.TablePrefix + "*"] };

    /// <summary>
    /// The records, each once: experiments, contexts, then runs, then steps, then artifacts. Deleted runs below are among them,
    /// purged ones are not.
    /// </summary>
    /// <exception cref="NotFoundException">One of the runs is not in the store.</exception>
    public static async Task<IReadOnlyList<RecordId>> FindAsync(
        IMetadataStore store, IReadOnlyList<RunId> runs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(runs);
        HashSet<RecordId> experiments = [];
        HashSet<RecordId> contexts = [];
        HashSet<RecordId> found = [];
        HashSet<RecordId> asked = [.. runs.Select(r => r.Value)];
        var next = asked.ToArray();
        while (next.Length > 0)
        {
            List<RecordId> linked = [];
            foreach (var some in next.Chunk(Together))
            {
                var ids = new Filter.OneOf(Operand.Property(RecordProperty.Id), [.. some.Select(FieldValue.Reference)]);
                await foreach (var record in QueryAsync(store, RunRecord.Kind, ids, Links, cancellationToken).ConfigureAwait(false))
                {
                    found.Add(record.Id);
                    if (record.Find(RunRecord.Experiment) is { } experiment)
                        experiments.Add(experiment.AsReference);
                    if (record.Find(RunRecord.Context) is { } context)
                        contexts.Add(context.AsReference);
                    if (record.Find(RunRecord.ForkedFromField) is { } source)
                        linked.Add(source.AsReference);
                }

                await foreach (var child in QueryAsync(
                    store, RunRecord.Kind, ReferTo(RunRecord.Parent, some), RecordProjection.Ids, cancellationToken).ConfigureAwait(false))
                    linked.Add(child.Id);
            }

            if (asked.FirstOrDefault(id => !found.Contains(id)) is { IsEmpty: false } missing)
                throw new NotFoundException($"Run {missing} is not in the store at {store.Info.Location}. Check the id.");
            asked = [];
            next = [.. linked.Distinct().Where(id => !found.Contains(id))];
        }

        HashSet<RecordId> tables = [];
        foreach (var some in contexts.Chunk(Together))
        {
            var ids = new Filter.OneOf(Operand.Property(RecordProperty.Id), [.. some.Select(FieldValue.Reference)]);
            await foreach (var context in QueryAsync(store, RunContextRecord.Kind, ids, Tables, cancellationToken).ConfigureAwait(false))
                tables.UnionWith(context.Fields.Values.Select(t => t[0].AsReference));
        }

        // steps before artifacts, which may refer to them
        List<RecordId> parts = [];
        foreach (var (kind, field) in ((string, string)[])[(StepRecord.Kind, StepRecord.Run), (ArtifactRecord.Kind, ArtifactRecord.Run)])
        {
            foreach (var some in found.Chunk(Together))
            {
                await foreach (var part in QueryAsync(store, kind, ReferTo(field, some), RecordProjection.Ids, cancellationToken).ConfigureAwait(false))
                    parts.Add(part.Id);
            }
        }

        return [.. experiments, .. tables, .. contexts, .. found, .. parts];
    }

    private static Filter.OneOf ReferTo(string field, IEnumerable<RecordId> ids) => new(Operand.Field(field), [.. ids.Select(FieldValue.Reference)]);

    private static async IAsyncEnumerable<RecordSnapshot> QueryAsync(
        IMetadataStore store, string kind, Filter filter, RecordProjection select,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = new RecordQuery { Kind = kind, Filter = filter, Select = select, Limit = 1000 };
        do
        {
            var page = await store.QueryAsync(query, cancellationToken).ConfigureAwait(false);
            foreach (var record in page.Records)
                yield return record;
            query = query with { Cursor = page.Next };
        }
        while (query.Cursor is not null);
    }
}
