namespace Mlops.Storage.Sqlite;

/// <summary>What a copy of a store holds.</summary>
/// <param name="Checkpoint">The end of its log and the root over all chains; a verification of the copy proves it.</param>
/// <param name="Records">How many records, tombstones included.</param>
/// <param name="Digests">The contents that its fields and series name; all were stored before it was taken.</param>
public sealed record StoreSnapshot(Checkpoint Checkpoint, long Records, IReadOnlySet<Digest> Digests);
