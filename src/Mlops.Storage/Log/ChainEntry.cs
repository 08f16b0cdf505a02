namespace Mlops.Storage;

/// <summary>A stored entry of a chain, as <see cref="StoreAudit"/> checks it.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Hash">The hash stored beside it.</param>
/// <param name="Salt">The salt of its items; null if it has none, or after a purge.</param>
public sealed record ChainEntry(LogEntry Entry, Digest Hash, byte[]? Salt);
