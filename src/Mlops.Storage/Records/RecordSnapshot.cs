namespace Mlops.Storage;

/// <summary>A record as it was at one instant.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Kind">Its kind, for example <c>run</c>.</param>
/// <param name="Key">Its unique name inside the kind, or null.</param>
/// <param name="Revision">1 when created, then one more with every change.</param>
/// <param name="Created">The store's clock at the commit that created it.</param>
/// <param name="IsSealed">True once sealed; then the body and the fields that the seal names are frozen.</param>
/// <param name="IsPurged">True for a tombstone, whose body and fields are gone.</param>
/// <param name="Body">The exact UTF-8 bytes that were written; empty if none were.</param>
/// <param name="Fields">All fields by name, each with its values in the order they were set.</param>
/// <param name="Conflicts">Losing values of write-once fields, oldest first.</param>
public sealed record RecordSnapshot(
    RecordId Id,
    string Kind,
    string? Key,
    long Revision,
    DateTimeOffset Created,
    bool IsSealed,
    bool IsPurged,
    ReadOnlyMemory<byte> Body,
    IReadOnlyDictionary<string, IReadOnlyList<FieldValue>> Fields,
    IReadOnlyList<FieldConflict> Conflicts)
{
    /// <summary>What the seal freezes beside the body: names of fields, and prefixes that end in <c>*</c>; empty while the record is open.</summary>
    public IReadOnlyList<string> Seal { get; init; } = [];

    /// <summary>The first value of a field, or null if the record has none of that name.</summary>
    public FieldValue? Find(string field) => Fields.TryGetValue(field, out var values) ? values[0] : null;
}
