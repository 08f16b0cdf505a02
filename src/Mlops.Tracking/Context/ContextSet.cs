using System.Collections.Concurrent;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>A context as it goes into the journal: the changes that make sure it is there, and the field that refers to it.</summary>
internal sealed class ContextSet
{
    private readonly IReadOnlyList<RecordChange> _changes;
    private readonly ConcurrentDictionary<string, bool> _written;

    /// <param name="parts">What was captured.</param>
    /// <param name="ids">Makes the ids of what is new.</param>
    /// <param name="written">The keys of what this client has written already.</param>
    public ContextSet(IReadOnlyList<CapturedPart> parts, IdGenerator ids, ConcurrentDictionary<string, bool> written)
    {
        _written = written;
        _changes = RunContextRecord.Ensured(
            parts.SelectMany(p => p.Values),
            parts.Where(p => p.Problem is not null).ToDictionary(p => p.Provider, p => p.Problem!, StringComparer.Ordinal),
            ids);
        Field = RunRecord.InContext(_changes[^1].Key!);
    }

    /// <summary>What must stand in the journal before <see cref="Field"/>: what this client has not written yet.</summary>
    public IEnumerable<RecordChange> Missing => _changes.Where(c => !_written.ContainsKey(c.Key!));

    public FieldWrite Field { get; }

    /// <summary>Notes that <see cref="Missing"/> stands in the journal.</summary>
    public void Written()
    {
        foreach (var change in _changes)
            _written[change.Key!] = true;
    }
}
