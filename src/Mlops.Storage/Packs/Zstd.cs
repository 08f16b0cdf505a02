using System.Buffers;
using ZstdSharp;

namespace Mlops.Storage;

/// <summary>Compresses what gets smaller by it. One at a time per object; create one where work runs side by side.</summary>
internal sealed class Zstd : IDisposable
{
    private const int Level = 3;
    private const int SampleBytes = 4096;
    private const int LeastBytes = 64;
    private readonly Compressor _compressor = new(Level);

    /// <summary>The compressed bytes; null where they would save less than a sixteenth, and reading back would cost for nothing.</summary>
    public byte[]? TryCompress(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < LeastBytes || LooksRandom(bytes))
            return null;
        var most = bytes.Length - (bytes.Length / 16);
        var buffer = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            return _compressor.TryWrap(bytes, buffer.AsSpan(0, most), out var written) ? buffer.AsSpan(0, written).ToArray() : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Fills the destination; false if the bytes are no frame of exactly so many.</summary>
    public static bool TryDecompress(ReadOnlySpan<byte> compressed, Span<byte> destination)
    {
        using var decompressor = new Decompressor();
        try
        {
            return decompressor.TryUnwrap(compressed, destination, out var written) && written == destination.Length;
        }
        catch (ZstdException)
        {
            return false;
        }
    }

    public void Dispose() => _compressor.Dispose();

    /// <summary>
    /// Whether a sample from the middle has nearly all of its 8 bits a byte, as encrypted and compressed data do. The sum of
    /// squared counts is about n + n²/256 for such data, and grows with every regularity.
    /// </summary>
    private static bool LooksRandom(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < SampleBytes)
            return false;
        Span<int> counts = stackalloc int[256];
        counts.Clear();
        foreach (var one in bytes.Slice((bytes.Length - SampleBytes) / 2, SampleBytes))
            counts[one]++;
        var squares = 0L;
        foreach (var count in counts)
            squares += (long)count * count;
        return squares < SampleBytes + (SampleBytes * (long)SampleBytes / 256 * 11 / 10);
    }
}
