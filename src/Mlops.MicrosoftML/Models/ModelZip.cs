using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Mlops.MicrosoftML;

/// <summary>A saved model without the time at which it was saved.</summary>
internal static class ModelZip
{
    // the first moment that a zip can tell
    private static readonly DateTimeOffset Epoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// The same entries in ordinal order with a fixed time: equal models become equal bytes, which are stored once. They are not
    /// compressed, which the store does better, and which would make other bytes on another version of .NET.
    /// </summary>
    public static MemoryStream Normalise(Stream zip)
    {
        MemoryStream result = new();
        using (ZipArchive source = new(zip, ZipArchiveMode.Read, leaveOpen: true))
        using (ZipArchive target = new(result, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var entry in Sorted(source))
            {
                var copy = target.CreateEntry(NameOf(entry), CompressionLevel.NoCompression);
                copy.LastWriteTime = Epoch;
                using var from = entry.Open();
                using var to = copy.Open();
                from.CopyTo(to);
            }
        }

        result.Position = 0;
        return result;
    }

    /// <summary>
    /// SHA-256 in hex over name, length and content of the entries in ordinal order: the same wherever and with whichever
    /// compression the model is saved.
    /// </summary>
    public static string Digest(Stream zip)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using ZipArchive source = new(zip, ZipArchiveMode.Read, leaveOpen: true);
        Span<byte> length = stackalloc byte[sizeof(long)];
        var buffer = new byte[64 * 1024];
        foreach (var entry in Sorted(source))
        {
            var name = Encoding.UTF8.GetBytes(NameOf(entry));
            BinaryPrimitives.WriteInt64LittleEndian(length, name.Length);
            hash.AppendData(length);
            hash.AppendData(name);
            BinaryPrimitives.WriteInt64LittleEndian(length, entry.Length);
            hash.AppendData(length);
            using var content = entry.Open();
            int read;
            while ((read = content.Read(buffer)) > 0)
                hash.AppendData(buffer.AsSpan(0, read));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<ZipArchiveEntry> Sorted(ZipArchive zip) => zip.Entries.OrderBy(NameOf, StringComparer.Ordinal);

    // ML.NET divides the names as the machine does on which it saves, and reads either
    private static string NameOf(ZipArchiveEntry entry) => entry.FullName.Replace('\\', '/');
}
