namespace Mlops.Storage;

/// <summary>
/// The bytes of a <see cref="Batch"/>, version 1, for journals and remotes: the fields in the order of this file, numbers
/// little-endian, texts and lists with 4 bytes of length before them, options with 1 byte that says whether they are there.
/// </summary>
public static class BatchCodec
{
    private const byte Version = 1;

    /// <summary>Encodes a batch.</summary>
    public static byte[] Encode(Batch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var w = new WireWriter(256);
        w.Byte(Version);
        w.Text(batch.Actor);
        w.Int64(Microseconds.From(batch.ClientTime));
        w.Bool(batch.Key is not null);
        if (batch.Key is { } key)
        {
            w.Id(key.Writer);
            w.Int64(key.Sequence);
            w.Bool(key.Follows is not null);
            if (key.Follows is { } follows)
                w.Int64(follows);
        }

        w.List(batch.Preconditions, p =>
        {
            w.Id(p.Record);
            w.Int64(p.Revision);
        });
        w.List(batch.Changes, c => WriteChange(w, c));
        w.List(batch.Appends, a =>
        {
            w.Id(a.Owner);
            w.Text(a.Name);
            WriteColumns(w, a.Points);
        });
        w.List(batch.Cells, c => WriteCell(w, c));
        return w.Written.ToArray();
    }

    /// <summary>Decodes a batch.</summary>
    /// <exception cref="IntegrityException">The bytes are damaged or of an unknown version.</exception>
    public static Batch Decode(ReadOnlyMemory<byte> source)
    {
        var r = new WireReader(source, "batch");
        if (r.Byte() != Version)
            throw r.Damaged();
        try
        {
            var batch = new Batch
            {
                Actor = r.Text(),
                ClientTime = Microseconds.ToTime(r.Int64()),
                Key = r.Bool() ? new BatchKey(r.Id(), r.Int64(), r.Bool() ? r.Int64() : null) : null,
                Preconditions = r.List(() => new Precondition(r.Id(), r.Int64())),
                Changes = r.List(() => ReadChange(r)),
                Appends = r.List(() => new SeriesAppend(r.Id(), r.Text(), ReadColumns(r))),
                Cells = r.List(() => ReadCell(r)),
            };
            r.End();
            return batch;
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw new IntegrityException(r.Damaged().Message, e);
        }
    }

    private static void WriteChange(WireWriter w, RecordChange change)
    {
        w.Id(change.Id);
        w.Text(change.Kind);
        w.Byte((byte)change.Mode);
        w.Text(change.Action);
        w.Bool(change.Key is not null);
        if (change.Key is { } key)
            w.Text(key);
        w.Bool(change.ClientTime is not null);
        if (change.ClientTime is { } time)
            w.Int64(Microseconds.From(time));
        w.Bool(change.Body is not null);
        if (change.Body is { } body)
            w.Bytes(body.Span);
        w.List(change.Fields, f =>
        {
            w.Text(f.Name);
            w.Byte((byte)f.Mode);
            w.List(f.Values, v => WriteValue(w, v));
        });
        w.List(change.Allocations, a =>
        {
            w.Text(a.Field);
            w.Text(a.Counter);
        });
        w.Bool(change.Seal is not null);
        if (change.Seal is { } seal)
            w.List(seal, w.Text);
        w.Bool(change.Purge);
    }

    private static RecordChange ReadChange(WireReader r) => new()
    {
        Id = r.Id(),
        Kind = r.Text(),
        Mode = (ChangeMode)r.Byte(),
        Action = r.Text(),
        Key = r.Bool() ? r.Text() : null,
        ClientTime = r.Bool() ? Microseconds.ToTime(r.Int64()) : null,
        Body = r.Bool() ? (ReadOnlyMemory<byte>?)r.Bytes() : null,
        Fields = r.List(() => new FieldWrite(r.Text(), (FieldWriteMode)r.Byte(), r.List(() => ReadValue(r)))),
        Allocations = r.List(() => new Allocation(r.Text(), r.Text())),
        Seal = r.Bool() ? r.List(r.Text) : null,
        Purge = r.Bool(),
    };

    internal static void WriteValue(WireWriter w, FieldValue value)
    {
        w.Byte((byte)value.Type);
        switch (value.Type)
        {
            case FieldType.Text:
                w.Text(value.AsText);
                w.Bool(value.AsNumber is not null);
                if (value.AsNumber is { } number)
                    w.Double(number);
                break;
            case FieldType.Number:
                w.Double(value.AsNumber!.Value);
                break;
            case FieldType.Time:
                w.Int64(value.AsMicroseconds);
                break;
            case FieldType.Reference:
                w.Bool(value.ReferenceKey is not null);
                if (value.ReferenceKey is { } key)
                {
                    w.Text(key.Kind);
                    w.Text(key.Key);
                }
                else
                {
                    w.Id(value.AsReference);
                }

                break;
            default:
                w.Digest(value.AsDigest);
                break;
        }
    }

    internal static FieldValue ReadValue(WireReader r) => (FieldType)r.Byte() switch
    {
        FieldType.Text => FieldValue.Text(r.Text(), r.Bool() ? r.Double() : null),
        FieldType.Number => FieldValue.Number(r.Double()),
        FieldType.Time => FieldValue.Time(r.Int64()),
        FieldType.Reference => r.Bool()
            ? FieldValue.Reference(new RecordKey(r.Text(), r.Text()))
            : FieldValue.Reference(r.Id()),
        FieldType.Digest => FieldValue.Digest(r.Digest()),
        _ => throw r.Damaged(),
    };

    private static void WriteColumns(WireWriter w, SeriesColumns points)
    {
        w.Byte((byte)points.Type);
        w.List(points.Steps.ToArray(), w.Int64);
        w.List(points.Times.ToArray(), w.Int64);
        switch (points.Type)
        {
            case SeriesType.Number:
                w.List(points.Numbers.ToArray(), w.Double);
                break;
            case SeriesType.Text:
                w.List(points.Texts.ToArray(), w.Text);
                break;
            default:
                w.List(points.Digests.ToArray(), w.Digest);
                break;
        }
    }

    private static SeriesColumns ReadColumns(WireReader r)
    {
        var type = (SeriesType)r.Byte();
        var steps = r.List(r.Int64);
        var times = r.List(r.Int64);
        return type switch
        {
            SeriesType.Number => SeriesColumns.OfNumbers(steps, times, r.List(r.Double)),
            SeriesType.Text => SeriesColumns.OfTexts(steps, times, r.List(r.Text)),
            SeriesType.Digest => SeriesColumns.OfDigests(steps, times, r.List(r.Digest)),
            _ => throw r.Damaged(),
        };
    }

    private static void WriteCell(WireWriter w, CellWrite cell)
    {
        w.Text(cell.Key);
        w.Bool(cell.Value is not null);
        if (cell.Value is { } value)
            w.Bytes(value.Span);
        w.Bool(cell.Owner is not null);
        if (cell.Owner is { } owner)
            w.Id(owner);
        w.Bool(cell.Lifetime is not null);
        if (cell.Lifetime is { } lifetime)
            w.Int64(lifetime.Ticks);
        w.Bool(cell.ExpectedVersion is not null);
        if (cell.ExpectedVersion is { } version)
            w.Int64(version);
    }

    private static CellWrite ReadCell(WireReader r) => new()
    {
        Key = r.Text(),
        Value = r.Bool() ? (ReadOnlyMemory<byte>?)r.Bytes() : null,
        Owner = r.Bool() ? r.Id() : null,
        Lifetime = r.Bool() ? TimeSpan.FromTicks(r.Int64()) : null,
        ExpectedVersion = r.Bool() ? r.Int64() : null,
    };
}
