namespace Mlops.Storage;

/// <summary>What became of one <see cref="RecordChange"/>.</summary>
/// <param name="Record">The record; for <see cref="ChangeMode.Ensure"/> the one that was found or created.</param>
/// <param name="Revision">Its revision after the change.</param>
/// <param name="Created">True if this change created it.</param>
/// <param name="Numbers">The allocated numbers, in the order of <see cref="RecordChange.Allocations"/>.</param>
public sealed record ChangeResult(RecordId Record, long Revision, bool Created, IReadOnlyList<long> Numbers);
