namespace Mlops.Storage;

/// <summary>A second, different value for a write-once field: the first stays, this one is kept as a conflict.</summary>
/// <param name="Record">The record.</param>
/// <param name="Field">The field.</param>
/// <param name="Kept">The value that stays.</param>
/// <param name="Refused">The value that came later.</param>
public sealed record FieldConflict(RecordId Record, string Field, FieldValue Kept, FieldValue Refused);
