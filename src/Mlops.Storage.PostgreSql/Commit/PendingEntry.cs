namespace Mlops.Storage.PostgreSql;

/// <summary>A log entry that the transaction appends.</summary>
internal sealed class PendingEntry(RecordId record, long sequence, byte[] encoded, Digest hash, byte[]? salt)
{
    public RecordId Record { get; } = record;

    public long Sequence { get; } = sequence;

    public byte[] Encoded { get; } = encoded;

    public Digest Hash { get; } = hash;

    public byte[]? Salt { get; set; } = salt;
}
