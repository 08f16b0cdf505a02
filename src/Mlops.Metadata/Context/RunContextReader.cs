using System.Collections.Concurrent;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Adds to runs the contexts that they refer to. A context never changes, so the last ones are remembered. Thread-safe.</summary>
internal sealed class RunContextReader(IMetadataStore store)
{
    private const int MostRemembered = 256;
    private readonly ConcurrentDictionary<RecordId, RecordSnapshot> _known = new();

    public async Task<Run> WithContextAsync(Run run, CancellationToken cancellationToken)
    {
        if (run.ContextId is not { } id)
            return run;
        if (!_known.TryGetValue(id, out var record))
        {
            record = await store.FindRecordAsync(id, cancellationToken).ConfigureAwait(false);
            if (record is null)
                return run;
            if (_known.Count >= MostRemembered)
                _known.Clear();
            _known[id] = record;
        }

        return run with
        {
            Context = RunRecord.Texts(record, RunContextRecord.ValuePrefix),
            ContextProblems = RunRecord.Texts(record, RunContextRecord.ProblemPrefix),
        };
    }

    public async Task<Run[]> WithContextAsync(IReadOnlyList<Run> runs, CancellationToken cancellationToken)
    {
        var read = new Run[runs.Count];
        for (var i = 0; i < read.Length; i++)
            read[i] = await WithContextAsync(runs[i], cancellationToken).ConfigureAwait(false);
        return read;
    }

    /// <summary>The table that a run's context has under a name; null if it has none.</summary>
    public async Task<IReadOnlyDictionary<string, string>?> FindTableAsync(Run run, string name, CancellationToken cancellationToken)
    {
        if (run.ContextId is not { } id
            || await store.FindRecordAsync(id, cancellationToken).ConfigureAwait(false) is not { } context
            || context.Find(RunContextRecord.TablePrefix + name) is not { } table)
        {
            return null;
        }

        return await store.FindRecordAsync(table.AsReference, cancellationToken).ConfigureAwait(false) is { } record
            ? RunContextRecord.ReadTable(record)
            : null;
    }
}
