using System.Buffers.Binary;

namespace Mlops.Metadata;

/// <summary>A picture as a PNG or JPEG file.</summary>
public sealed record ImageValue : RichValue
{
    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Takes the bytes of a file; they are not copied and must not change. Its parts are walked through, and the picture is not decoded.</summary>
    /// <exception cref="ArgumentException">They are no PNG or JPEG, or the file is broken or breaks off.</exception>
    public ImageValue(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        var isPng = span.StartsWith(PngSignature);
        if (!isPng && !span.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            throw new ArgumentException("The bytes are neither a PNG nor a JPEG file; convert the picture first.", nameof(bytes));

        // more may follow, as cameras put behind a JPEG, or the rest of a buffer
        if (!(isPng ? HasEndOfPng(span) : HasEndOfJpeg(span)))
            throw new ArgumentException($"The {(isPng ? "PNG" : "JPEG")} is broken, or breaks off after {span.Length} bytes.", nameof(bytes));
        Bytes = bytes;
        MediaType = isPng ? "image/png" : "image/jpeg";
    }

    /// <inheritdoc/>
    public override RichValueKind Kind => RichValueKind.Image;

    /// <summary>The file.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary><c>image/png</c> or <c>image/jpeg</c>.</summary>
    public string MediaType { get; }

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Encode() => Bytes;

    /// <summary>Compares the bytes.</summary>
    public bool Equals(ImageValue? other) => other is not null && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Bytes.Span);
        return hash.ToHashCode();
    }

    private static bool HasEndOfPng(ReadOnlySpan<byte> bytes)
    {
        // chunks of length, type, content and check sum
        for (long at = PngSignature.Length; at + 12 <= bytes.Length;)
        {
            var chunk = bytes[(int)at..];
            if (chunk[4..8].SequenceEqual("IEND"u8))
                return true;
            at += 12L + BinaryPrimitives.ReadUInt32BigEndian(chunk);
        }

        return false;
    }

    private static bool HasEndOfJpeg(ReadOnlySpan<byte> bytes)
    {
        // segments of marker and length up to that of the picture: one before it may hold a thumbnail with an end of its own
        for (var at = 2; at + 4 <= bytes.Length && bytes[at] == 0xFF;)
        {
            if (bytes[at + 1] == 0xDA)
                return bytes[at..].IndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) >= 0;
            at += bytes[at + 1] == 0xFF ? 1 : 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
        }

        return false;
    }
}
