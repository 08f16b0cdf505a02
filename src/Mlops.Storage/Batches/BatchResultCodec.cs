namespace Mlops.Storage;

/// <summary>The bytes of a <see cref="BatchResult"/>, version 1, which a store keeps beside the writer's sequence.</summary>
public static class BatchResultCodec
{
    private const byte Version = 1;

    /// <summary>Encodes a result; <see cref="BatchResult.Repeated"/> is left out.</summary>
    public static byte[] Encode(BatchResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var w = new WireWriter(16 + (result.Changes.Count * 32));
        w.Byte(Version);
        w.List(result.Changes, c =>
        {
            w.Id(c.Record);
            w.Int64(c.Revision);
            w.Bool(c.Created);
            w.List(c.Numbers, w.Int64);
        });
        w.List(result.Conflicts, c =>
        {
            w.Id(c.Record);
            w.Text(c.Field);
            BatchCodec.WriteValue(w, c.Kept);
            BatchCodec.WriteValue(w, c.Refused);
        });
        return w.Written.ToArray();
    }

    /// <summary>Decodes a result as that of a repeated batch.</summary>
    /// <exception cref="IntegrityException">The bytes are damaged or of an unknown version.</exception>
    public static BatchResult DecodeRepeated(ReadOnlyMemory<byte> source)
    {
        var r = new WireReader(source, "batch result");
        if (r.Byte() != Version)
            throw r.Damaged();
        var result = new BatchResult(
            Repeated: true,
            r.List(() => new ChangeResult(r.Id(), r.Int64(), r.Bool(), r.List(r.Int64))),
            r.List(() => new FieldConflict(r.Id(), r.Text(), BatchCodec.ReadValue(r), BatchCodec.ReadValue(r))));
        r.End();
        return result;
    }
}
