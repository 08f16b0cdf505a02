namespace Mlops.Storage;

/// <summary>
/// The bytes of a log entry, version 1, all numbers little-endian: version (1 byte = 1), record id (16, big-endian), sequence
/// (8), commit time (8), client time (8), action and actor (each 4 bytes of length, then UTF-8), number of items (4), items (32
/// each), previous hash (32). The hash of an entry is the SHA-256 of these bytes.
/// </summary>
public static class LogEntryCodec
{
    /// <summary>Length of a salt in bytes.</summary>
    public const int SaltBytes = 16;

    /// <summary>The item name under which a body is logged; no field can have it.</summary>
    public const string BodyItem = "\u0001body";

    private const byte Version = 1;

    /// <summary>Encodes an entry.</summary>
    public static byte[] Encode(LogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var w = new WireWriter(160 + (entry.Items.Count * Digest.SizeBytes));
        w.Byte(Version);
        w.Id(entry.Record);
        w.Int64(entry.Sequence);
        w.Int64(entry.CommitTime);
        w.Int64(entry.ClientTime);
        w.Text(entry.Action);
        w.Text(entry.Actor);
        w.List(entry.Items, w.Digest);
        w.Digest(entry.Previous);
        return w.Written.ToArray();
    }

    /// <summary>Decodes an entry.</summary>
    /// <exception cref="IntegrityException">The bytes are not a version 1 entry.</exception>
    public static LogEntry Decode(ReadOnlyMemory<byte> source)
    {
        var r = new WireReader(source, "log entry");
        if (r.Byte() != Version)
            throw r.Damaged();
        var entry = new LogEntry
        {
            Record = r.Id(),
            Sequence = r.Int64(),
            CommitTime = r.Int64(),
            ClientTime = r.Int64(),
            Action = r.Text(),
            Actor = r.Text(),
            Items = r.List(r.Digest),
            Previous = r.Digest(),
        };
        r.End();
        return entry;
    }

    /// <summary>
    /// The salted digest of one changed item: SHA-256 over salt, name (4 bytes of length, UTF-8) and each value (1 byte of type,
    /// then 4 bytes of length and UTF-8 for a text, 8 bytes of the double for a number, 8 of the microseconds for a time, 16 for
    /// a reference, 32 for a digest; little-endian but for the last two). A body is one text value under the name
    /// <see cref="BodyItem"/>.
    /// </summary>
    /// <param name="salt">16 random bytes, which are kept with the values and die with them.</param>
    /// <param name="name">The field.</param>
    /// <param name="values">All values of the field after the change; none if it was removed.</param>
    public static Digest ItemDigest(ReadOnlySpan<byte> salt, string name, IReadOnlyList<FieldValue> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var w = new WireWriter(256);
        w.Raw(salt);
        w.Text(name);
        foreach (var value in values)
        {
            w.Byte((byte)value.Type);
            switch (value.Type)
            {
                case FieldType.Text:
                    w.Text(value.AsText);
                    break;
                case FieldType.Number:
                    w.Double(value.AsNumber!.Value);
                    break;
                case FieldType.Time:
                    w.Int64(value.AsMicroseconds);
                    break;
                case FieldType.Reference:
                    w.Id(value.AsReference);
                    break;
                default:
                    w.Digest(value.AsDigest);
                    break;
            }
        }

        return Digest.Of(w.Written);
    }

    /// <summary>The salted digest of a body.</summary>
    public static Digest BodyDigest(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> body)
    {
        var w = new WireWriter(64 + body.Length);
        w.Raw(salt);
        w.Text(BodyItem);
        w.Byte((byte)FieldType.Text);
        w.Bytes(body);
        return Digest.Of(w.Written);
    }
}
