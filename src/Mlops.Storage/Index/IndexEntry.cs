using System.Buffers;

namespace Mlops.Storage;

/// <summary>Where a chunk or a content is, as its cell says.</summary>
internal sealed record IndexEntry
{
    private const byte Form = 1;

    public required Digest Pack { get; init; }

    public required PackEntry Entry { get; init; }

    /// <summary>When it was found to be named by nothing, in microseconds; null while it is in use.</summary>
    public long? Condemned { get; init; }

    /// <summary>Whether its bytes were found damaged. Nothing relies on it any more, and a put replaces it.</summary>
    public bool IsDamaged { get; init; }

    /// <summary>The version of its cell; 0 for one that is not stored yet.</summary>
    public long Version { get; init; }

    public string Key => ContentIndex.KeyOf(Entry.Kind, Entry.Digest);

    public static IndexEntry Of(Digest pack, PackEntry entry) => new() { Pack = pack, Entry = entry };

    /// <exception cref="IntegrityException">The cell does not hold an entry.</exception>
    public static IndexEntry Read(Cell cell) => TryRead(cell) ?? throw new IntegrityException(
        $"The cell '{cell.Key}' does not say where its content is; rebuild the index of contents from the packs, or store the content again.");

    /// <summary>Null where the cell does not hold an entry.</summary>
    public static IndexEntry? TryRead(Cell cell)
    {
        var rest = cell.Value.Span;
        if (rest.Length < 4 + Digest.SizeBytes || rest[0] != Form)
            return null;
        var (kind, codec, flags, pack) = ((PackEntryKind)rest[1], (PackCodec)rest[2], rest[3], Digest.Read(rest[4..]));
        rest = rest[(4 + Digest.SizeBytes)..];
        if (!Varint.TryRead(ref rest, out var offset) || !Varint.TryRead(ref rest, out var length) || !Varint.TryRead(ref rest, out var size)
            || !Varint.TryRead(ref rest, out var content) || !Varint.TryRead(ref rest, out var condemned)
            || Math.Max(offset, length) > int.MaxValue || offset + length > int.MaxValue || size > int.MaxValue || content > long.MaxValue || condemned > long.MaxValue
            || !cell.Key.StartsWith(ContentIndex.PrefixOf(kind), StringComparison.Ordinal)
            || !Digest.TryParse(cell.Key.AsSpan(cell.Key.LastIndexOf('/') + 1), out var digest))
        {
            return null;
        }

        return new IndexEntry
        {
            Pack = pack,
            Entry = new PackEntry(kind, codec, digest, (int)offset, (int)length, (int)size, (long)content),
            Condemned = condemned == 0 ? null : (long)condemned,
            IsDamaged = (flags & 1) != 0,
            Version = cell.Version,
        };
    }

    /// <summary>A write of this entry.</summary>
    /// <param name="expectedVersion">What the cell must have; null for whatever it has.</param>
    public CellWrite ToWrite(long? expectedVersion = null)
    {
        var buffer = new ArrayBufferWriter<byte>(4 + Digest.SizeBytes + (5 * Varint.MaxBytes));
        buffer.Write([Form, (byte)Entry.Kind, (byte)Entry.Codec, IsDamaged ? (byte)1 : (byte)0]);
        Pack.Write(buffer.GetSpan(Digest.SizeBytes));
        buffer.Advance(Digest.SizeBytes);
        foreach (var number in (ReadOnlySpan<long>)[Entry.Offset, Entry.Length, Entry.SizeBytes, Entry.ContentBytes, Condemned ?? 0])
            buffer.Advance(Varint.Write(buffer.GetSpan(Varint.MaxBytes), (ulong)number));
        return new CellWrite { Key = Key, Value = buffer.WrittenSpan.ToArray(), ExpectedVersion = expectedVersion };
    }

    /// <summary>Takes the entry away, if it is still as it was read.</summary>
    public CellWrite ToDelete() => new() { Key = Key, ExpectedVersion = Version };
}
