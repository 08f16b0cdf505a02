namespace Mlops.Metadata;

/// <summary>A picture as a PNG or JPEG file.</summary>
public sealed record ImageValue : RichValue
{
    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static ReadOnlySpan<byte> PngEnd => [(byte)'I', (byte)'E', (byte)'N', (byte)'D', 0xAE, 0x42, 0x60, 0x82];

    /// <summary>Takes the bytes of a file; they are not copied and must not change.</summary>
    /// <exception cref="ArgumentException">They are no PNG or JPEG, or the file breaks off.</exception>
    public ImageValue(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        var isPng = span.StartsWith(PngSignature);
        if (!isPng && !span.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            throw new ArgumentException("The bytes are neither a PNG nor a JPEG file; convert the picture first.", nameof(bytes));

        // cameras put more behind the end of a JPEG, so it only has to be there
        if (isPng ? !span.EndsWith(PngEnd) : span.LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) < 0)
            throw new ArgumentException($"The {(isPng ? "PNG" : "JPEG")} breaks off after {span.Length} bytes.", nameof(bytes));
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
}
