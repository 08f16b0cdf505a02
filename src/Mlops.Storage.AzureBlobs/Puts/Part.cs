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

    private readonly ArraySegment<byte> _bytes;
    private byte[]? _rented;

    private Part(ArraySegment<byte> bytes, byte[]? rented) => (_bytes, _rented) = (bytes, rented);

    public int Length => _bytes.Count;

    public bool IsFull => Length == FullBytes;

    /// <summary>
    /// Reads up to a full part. Small content takes little memory, of which many puts may be under way at once, and what is in
    /// memory already takes none.
    /// </summary>
    public static async Task<Part> ReadAsync(Stream content, CancellationToken cancellationToken)
    {
        if (content is MemoryStream memory && memory.TryGetBuffer(out var there))
        {
            var rest = there[(int)Math.Min(memory.Position, there.Count)..];
            var part = rest[..Math.Min(rest.Count, FullBytes)];
            memory.Seek(part.Count, SeekOrigin.Current);
            return new Part(part, null);
        }

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

            return new Part(new ArraySegment<byte>(bytes, 0, length), bytes);
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
    public byte[] Md5() => MD5.HashData(_bytes);

    public MemoryStream OpenRead() => new(_bytes.Array!, _bytes.Offset, Length, writable: false);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
            ArrayPool<byte>.Shared.Return(rented);
    }
}
