using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>
/// What a pack holds, written at its end: the footer, its length in 4 bytes, and 8 bytes by which it is known. The SHA-256 of
/// the footer is the pack's name, and the footer holds the SHA-256 of each chunk and content before it, so the name vouches for
/// their bytes. For a manifest it holds the digest of its content: the manifest's own bytes have a CRC-32C, and that they are the right
/// list is seen when all of the content is read. A random salt keeps two packs from ever having one name, so that a put never relies
/// on a pack that is being deleted.
/// </summary>
internal static class PackFooter
{
    public const int TrailerBytes = 12;
    private const byte Version = 1;
    private const int SaltBytes = 16;
    private const int MostEntryBytes = 2 + Digest.SizeBytes + (3 * Varint.MaxBytes);

    // varints of a pack's length and of a content's are shorter than they can be
    private const int UsualEntryBytes = 48;

    private static ReadOnlySpan<byte> Mark => "MLOPSPK1"u8;

    /// <summary>The most that a footer of so many entries takes, with its trailer.</summary>
    public static long MostBytes(int entries) => 1 + SaltBytes + Varint.MaxBytes + TrailerBytes + ((long)entries * UsualEntryBytes);

    /// <summary>The footer with its trailer, and the name that it gives.</summary>
    public static (byte[] Bytes, Digest Name) Write(IReadOnlyList<PackEntry> entries)
    {
        var buffer = new ArrayBufferWriter<byte>((int)MostBytes(entries.Count));
        buffer.Write([Version]);
        RandomNumberGenerator.Fill(buffer.GetSpan(SaltBytes)[..SaltBytes]);
        buffer.Advance(SaltBytes);
        buffer.Advance(Varint.Write(buffer.GetSpan(Varint.MaxBytes), (ulong)entries.Count));
        foreach (var entry in entries)
        {
            var span = buffer.GetSpan(MostEntryBytes);
            span[0] = (byte)entry.Kind;
            span[1] = (byte)entry.Codec;
            entry.Digest.Write(span[2..]);
            var at = 2 + Digest.SizeBytes;
            at += Varint.Write(span[at..], (ulong)entry.Length);
            at += Varint.Write(span[at..], (ulong)entry.SizeBytes);
            at += Varint.Write(span[at..], (ulong)entry.ContentBytes);
            buffer.Advance(at);
        }

        var length = buffer.WrittenCount;
        var name = Digest.Of(buffer.WrittenSpan);
        BinaryPrimitives.WriteInt32LittleEndian(buffer.GetSpan(4), length);
        buffer.Advance(4);
        buffer.Write(Mark);
        return (buffer.WrittenSpan.ToArray(), name);
    }

    /// <summary>The length of the footer before the trailer; -1 if these are not the last bytes of a pack.</summary>
    public static int LengthOf(ReadOnlySpan<byte> trailer) => trailer[4..].SequenceEqual(Mark) ? BinaryPrimitives.ReadInt32LittleEndian(trailer) : -1;

    /// <summary>Reads the footer at the end of a whole pack; null if it is damaged.</summary>
    public static IReadOnlyList<PackEntry>? TryReadFrom(ReadOnlySpan<byte> pack, Digest name)
    {
        if (pack.Length < TrailerBytes)
            return null;
        var body = pack[..^TrailerBytes];
        var length = LengthOf(pack[^TrailerBytes..]);
        return length < 0 || length > body.Length ? null : TryRead(body[^length..], name);
    }

    /// <summary>Reads a footer without its trailer; null if it is not the one that gave the pack its name.</summary>
    public static IReadOnlyList<PackEntry>? TryRead(ReadOnlySpan<byte> footer, Digest name)
    {
        if (Digest.Of(footer) != name || footer.Length < 1 + SaltBytes || footer[0] != Version)
            return null;
        var rest = footer[(1 + SaltBytes)..];
        if (!Varint.TryRead(ref rest, out var count) || count > (ulong)rest.Length)
            return null;
        var entries = new List<PackEntry>((int)count);
        var offset = 0;
        for (var i = 0UL; i < count; i++)
        {
            if (rest.Length < 2 + Digest.SizeBytes)
                return null;
            var (kind, codec, digest) = ((PackEntryKind)rest[0], (PackCodec)rest[1], Digest.Read(rest[2..]));
            rest = rest[(2 + Digest.SizeBytes)..];
            if (!Varint.TryRead(ref rest, out var length) || !Varint.TryRead(ref rest, out var size) || !Varint.TryRead(ref rest, out var content))
                return null;
            entries.Add(new PackEntry(kind, codec, digest, offset, checked((int)length), checked((int)size), (long)content));
            offset = checked(offset + (int)length);
        }

        return entries;
    }
}
