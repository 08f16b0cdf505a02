namespace Mlops.Storage;

/// <summary>What a copy replaced in a record that had changed in the target too.</summary>
/// <param name="Record">The record.</param>
/// <param name="Field">The name of the field, or empty for the body.</param>
public readonly record struct OverwrittenField(RecordId Record, string Field);
