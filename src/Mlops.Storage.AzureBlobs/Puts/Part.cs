using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Mlops.Storage.AzureBlobs;

/// <summary>A piece of content in memory: all of it, or what becomes one block.</summary>
internal sealed class Part : IDisposable
{
    /// <summary>The size of all parts but the last. Azure takes 50,000 of them.</summary>
    public const int FullBytes = 8 * 1024 * 1024;

    private const int FirstBytes = 256 * 1024;

    private byte[]? _bytes;

    private Part(byte[] bytes, int length) => (_bytes, Length) = (bytes, length);

    public int Length { get; }

    public bool IsFull => Length == FullBytes;

    private byte[] Bytes => _bytes ?? throw new ObjectDisposedException(nameof(Part));

    /// <summary>Reads up to a full part. Small content takes little memory, of which many puts may be under way at once.</summary>
    public static async Task<Part> ReadAsync(Stream content, CancellationToken cancellationToken)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(FirstBytes);
        try
        {
            var length = await FillAsync(bytes.AsMemory(0, FirstBytes)).ConfigureAwait(false);
            if (length == FirstBytes)
            {
                var all = ArrayPool<byte>.Shared.Rent(FullBytes);
                bytes.AsSpan(0, FirstBytes).CopyTo(all);
                ArrayPool<byte>.Shared.Return(bytes);
                bytes = all;
                length += await FillAsync(bytes.AsMemory(FirstBytes, FullBytes - FirstBytes)).ConfigureAwait(false);
            }

            return new Part(bytes, length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }

        ValueTask<int> FillAsync(Memory<byte> buffer) =>
            content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
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
