using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Mlops.Storage.AzureBlobs;

/// <summary>A piece of content in memory: all of it, or what becomes one block.</summary>
internal sealed class Part : IDisposable
{
    /// <summary>The size of all parts but the last. Azure takes 50,000 of them.</summary>
    public const int FullBytes = 8 * 1024 * 1024;

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

    /// <summary>What Azure is to confirm of this part.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "It is the checksum that the service takes; whom to trust is told by the digest of the object.")]
    public byte[] Md5() => MD5.HashData(Bytes.AsSpan(0, Length));

    public MemoryStream OpenRead() => new(Bytes, 0, Length, writable: false);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}
