namespace Mlops.Storage;

/// <summary>A log entry at its place in the feed of the whole store.</summary>
/// <param name="Position">Grows over the store in commit order; gaps are possible. Readers continue from the last one they saw.</param>
/// <param name="Kind">The kind of the record.</param>
/// <param name="Entry">The entry.</param>
/// <param name="Hash">SHA-256 of the encoded entry.</param>
public sealed record FeedEntry(long Position, string Kind, LogEntry Entry, Digest Hash);
