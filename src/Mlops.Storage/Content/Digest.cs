using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>
/// A SHA-256 digest: the name of content. Written as 64 lower-case hexadecimal digits, ordered as its bytes.
/// <c>default</c> (all zero) means no digest.
/// </summary>
public readonly record struct Digest(UInt128 High, UInt128 Low) : IComparable<Digest>
{
    /// <summary>Length of the binary form in bytes.</summary>
    public const int SizeBytes = 32;

    /// <summary>True for <c>default</c>.</summary>
    public bool IsEmpty => High == UInt128.Zero && Low == UInt128.Zero;

    /// <summary>Computes the digest of bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SizeBytes];
        SHA256.HashData(content, hash);
        return Read(hash);
    }

    /// <summary>Takes the digest of what was appended to <paramref name="hash"/> and resets it.</summary>
    public static Digest Of(IncrementalHash hash)
    {
        ArgumentNullException.ThrowIfNull(hash);
        Span<byte> bytes = stackalloc byte[SizeBytes];
        hash.GetHashAndReset(bytes);
        return Read(bytes);
    }

    /// <summary>Reads the 32-byte form.</summary>
    public static Digest Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(source), BinaryPrimitives.ReadUInt128BigEndian(source[16..]));

    /// <summary>Writes the 32-byte form.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, High);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], Low);
    }

    /// <summary>Parses 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException">The text has another form.</exception>
    public static Digest Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException($"'{text}' is not a SHA-256 digest: expected 64 hexadecimal digits.");

    internal static bool TryParse(ReadOnlySpan<char> text, out Digest digest)
    {
        digest = default;
        if (text.Length != 64
            || !UInt128.TryParse(text[..32], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            || !UInt128.TryParse(text[32..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low))
        {
            return false;
        }

        digest = new Digest(high, low);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(Digest other) => High == other.High ? Low.CompareTo(other.Low) : High.CompareTo(other.High);

    /// <summary>Orders digests as their bytes.</summary>
    public static bool operator <(Digest left, Digest right) => left.CompareTo(right) < 0;

    /// <summary>Orders digests as their bytes.</summary>
    public static bool operator >(Digest left, Digest right) => left.CompareTo(right) > 0;

    /// <summary>Orders digests as their bytes.</summary>
    public static bool operator <=(Digest left, Digest right) => left.CompareTo(right) <= 0;

    /// <summary>Orders digests as their bytes.</summary>
    public static bool operator >=(Digest left, Digest right) => left.CompareTo(right) >= 0;

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{High:x32}{Low:x32}");
}
