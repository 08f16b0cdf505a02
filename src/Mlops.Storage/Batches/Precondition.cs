namespace Mlops.Storage;

/// <summary>What must hold when a batch commits, or else all of it fails with <see cref="ConflictException"/>.</summary>
/// <param name="Record">The record.</param>
/// <param name="Revision">The expected revision; 0 means that the record must be absent.</param>
public readonly record struct Precondition(RecordId Record, long Revision);
