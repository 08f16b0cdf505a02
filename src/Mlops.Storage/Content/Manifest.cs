using System.Buffers;

namespace Mlops.Storage;

/// <summary>The chunks of a content, in order, with a checksum of their own: its name is the digest of the content.</summary>
internal sealed class Manifest
{
    /// <summary>The size of the largest content. Its list of chunks takes some 500 MB, and three times as much memory.</summary>
    public const long MostBytes = 1L << 40;

    // 35 bytes each, and all must fit in one array; contents cut that small are no accident
    private const int MostChunks = 1 << 25;
    private const byte Version = 1;
    private readonly List<ContentInfo> _chunks = [];

    public IReadOnlyList<ContentInfo> Chunks => _chunks;

    public long SizeBytes { get; private set; }

    /// <exception cref="IntegrityException">The bytes are no manifest of a content of this size.</exception>
    public static Manifest Read(ReadOnlySpan<byte> bytes, ContentInfo content)
    {
        var manifest = new Manifest();
        var rest = Checksum.Open(bytes, $"The list of the chunks of content {content.Digest}");
        var isSound = !rest.IsEmpty && rest[0] == Version;
        rest = isSound ? rest[1..] : rest;
        while (isSound && rest.Length > Digest.SizeBytes)
        {
            var digest = Digest.Read(rest);
            rest = rest[Digest.SizeBytes..];
            isSound = Varint.TryRead(ref rest, out var size);
            manifest.Add(new ContentInfo(digest, (long)size));
        }

        return isSound && rest.IsEmpty && manifest.SizeBytes == content.SizeBytes
            ? manifest
            : throw new IntegrityException($"The list of the chunks of content {content.Digest} is damaged; store the content again.");
    }

    public static bool IsSound(ReadOnlySpan<byte> bytes, ContentInfo content)
    {
        try
        {
            return Read(bytes, content).SizeBytes == content.SizeBytes;
        }
        catch (IntegrityException)
        {
            return false;
        }
    }

    /// <exception cref="ArgumentException">A content of this size cannot be stored.</exception>
    public static void ThrowIfTooLarge(long sizeBytes)
    {
        if (sizeBytes > MostBytes)
            throw new ArgumentException("The content is larger than 1 TiB, the most that one may have; store it in parts.");
    }

    /// <exception cref="ArgumentException">No content may have so much.</exception>
    public void ThrowIfTooLarge() => ThrowIfTooLarge(_chunks.Count > MostChunks ? long.MaxValue : SizeBytes);

    public void Add(ContentInfo chunk)
    {
        _chunks.Add(chunk);
        SizeBytes += chunk.SizeBytes;
    }

    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>(1 + (_chunks.Count * (Digest.SizeBytes + 3)));
        buffer.Write([Version]);
        foreach (var chunk in _chunks)
        {
            chunk.Digest.Write(buffer.GetSpan(Digest.SizeBytes));
            buffer.Advance(Digest.SizeBytes);
            buffer.Advance(Varint.Write(buffer.GetSpan(Varint.MaxBytes), (ulong)chunk.SizeBytes));
        }

        var length = buffer.WrittenCount;
        var sealedBytes = new byte[length + Checksum.SizeBytes];
        buffer.WrittenSpan.CopyTo(sealedBytes);
        Checksum.Seal(sealedBytes, length);
        return sealedBytes;
    }
}
