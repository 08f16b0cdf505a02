namespace Mlops.Storage;

/// <summary>The unique name of a record inside its kind, for example <c>("experiment", "flight-delays")</c>.</summary>
/// <param name="Kind">The kind, lower case.</param>
/// <param name="Key">The name, at most 1,000 characters, compared ordinally.</param>
public readonly record struct RecordKey(string Kind, string Key);
