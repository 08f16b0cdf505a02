using System.Buffers;

namespace Mlops.Storage;

/// <summary>Gathers entries until they are stored as one object. Used by one caller at a time.</summary>
/// <param name="capacity">How many bytes are expected; more are taken too.</param>
internal sealed class PackBuilder(int capacity) : IDisposable
{
    /// <summary>
    /// What a pack takes with its footer, unless it is one longer entry: large enough for few objects, small enough to hold several in
    /// memory, and what object stores take in one request.
    /// </summary>
    public const int MostBytes = 8 * 1024 * 1024;

    private readonly List<PackEntry> _entries = [];
    private byte[] _buffer = [];
    private int _length;

    public int Count => _entries.Count;

    /// <summary>Whether an entry of so many stored bytes may be added without making the pack too large; true for the first.</summary>
    public bool HasRoomFor(int bytes) => Count == 0 || SizeOf(Count + 1, _length + (long)bytes) <= MostBytes;

    /// <summary>The most that a pack of so many entries and stored bytes takes.</summary>
    public static long SizeOf(int entries, long bytes) => bytes + PackFooter.MostBytes(entries);

    /// <param name="kind">What it is.</param>
    /// <param name="digest">Its digest.</param>
    /// <param name="bytes">The bytes, not compressed.</param>
    /// <param name="compressed">The same bytes compressed, where that pays.</param>
    /// <param name="contentBytes">The size of the content that a manifest lists.</param>
    public void Add(PackEntryKind kind, Digest digest, ReadOnlySpan<byte> bytes, byte[]? compressed, long? contentBytes = null)
    {
        ReadOnlySpan<byte> stored = compressed ?? bytes;
        _entries.Add(new PackEntry(
            kind, compressed is null ? PackCodec.None : PackCodec.Zstd, digest, _length, stored.Length, bytes.Length, contentBytes ?? bytes.Length));
        Append(stored);
    }

    /// <summary>Takes over an entry of another pack as it is stored there.</summary>
    public void AddStored(PackEntry entry, ReadOnlySpan<byte> stored)
    {
        _entries.Add(entry with { Offset = _length });
        Append(stored);
    }

    /// <summary>The finished pack, valid until this object is disposed; nothing must be added any more.</summary>
    public Pack Finish()
    {
        var (footer, name) = PackFooter.Write(_entries);
        Append(footer);
        return new Pack(name, new ArraySegment<byte>(_buffer, 0, _length), _entries);
    }

    public void Dispose() => Release([]);

    private void Append(ReadOnlySpan<byte> bytes)
    {
        var needed = checked(_length + bytes.Length);
        if (needed > _buffer.Length)
        {
            // the pool's arrays are powers of two
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, capacity));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            Release(larger);
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length = needed;
    }

    private void Release(byte[] next)
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = next;
    }
}
