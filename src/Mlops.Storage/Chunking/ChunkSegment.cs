using System.Buffers;

namespace Mlops.Storage;

/// <summary>A stretch of content that was read together, cut into chunks.</summary>
internal sealed class ChunkSegment(byte[] buffer) : IDisposable
{
    private readonly List<Range> _chunks = [];

    /// <summary>Whose bytes the segment has, beginning at 0.</summary>
    public byte[] Buffer => buffer;

    /// <summary>How many of the bytes belong to its chunks.</summary>
    public int Length { get; private set; }

    public int Count => _chunks.Count;

    public ReadOnlyMemory<byte> this[int chunk] => buffer.AsMemory(_chunks[chunk]);

    public void Add(int length)
    {
        _chunks.Add(Length..(Length + length));
        Length += length;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}
