using System.Buffers;
using System.Security.Cryptography;

namespace Mlops.Storage.AzureBlobs;

/// <summary>A piece of content in memory: all of it, or what becomes one block.</summary>
internal sealed class Part : IDisposable
{
    /// <summary>All but the last part have this size. Azure takes 50,000 of them.</summary>
    public const int FullBytes = 4 * 1024 * 1024;

    private byte[]? _bytes;

    private Part(byte[] bytes, int length) => (_bytes, Length) = (bytes, length);

    public int Length { get; }

    public bool IsFull => Length == FullBytes;

    private byte[] Bytes => _bytes ?? throw new ObjectDisposedException(nameof(Part));

    public static async Task<Part> ReadAsync(Stream content, CancellationToken cancellationToken)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(FullBytes);
        try
        {
            var length = await content.ReadAtLeastAsync(bytes.AsMemory(0, FullBytes), FullBytes, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
            return new Part(bytes, length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }
    }

    /// <summary>
    /// Names the block by its content, so that writers of the same name neither disturb nor repeat each other. Of one length for
    /// all blocks, as Azure demands.
    /// </summary>
    public string BlockId() => Convert.ToBase64String(SHA256.HashData(Bytes.AsSpan(0, Length)));

    public MemoryStream OpenRead() => new(Bytes, 0, Length, writable: false);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}
