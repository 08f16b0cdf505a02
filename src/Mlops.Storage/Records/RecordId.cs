using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Mlops.Storage;

/// <summary>
/// The identity of a record: 128 bits, written as 32 lower-case hexadecimal digits. New ids are UUID version 7 and sort by
/// birth (see <see cref="IdGenerator"/>); any other 128 bits are accepted when parsed. <c>default</c> is no identity
/// (<see cref="IsEmpty"/>) and is refused by every write. Ordered as an unsigned number, which equals the order of the text.
/// </summary>
public readonly record struct RecordId(UInt128 Value) : IComparable<RecordId>, ISpanParsable<RecordId>
{
    /// <summary>Length of the binary form in bytes.</summary>
    public const int SizeBytes = 16;

    /// <summary>True for <c>default</c>, which identifies nothing.</summary>
    public bool IsEmpty => Value == UInt128.Zero;

    /// <summary>Reads the 16-byte big-endian form.</summary>
    public static RecordId Read(ReadOnlySpan<byte> source) => new(BinaryPrimitives.ReadUInt128BigEndian(source));

    /// <summary>Writes the 16-byte big-endian form.</summary>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    /// <summary>Parses exactly 32 hexadecimal digits, in either case.</summary>
    /// <exception cref="FormatException">The text has another form.</exception>
    public static RecordId Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <inheritdoc cref="Parse(string, IFormatProvider?)"/>
    public static RecordId Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id)
            ? id
            : throw new FormatException($"'{s}' is not an id: expected 32 hexadecimal digits, not all zero.");

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out RecordId)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RecordId result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <summary>Parses exactly 32 hexadecimal digits that are not all zero; false for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out RecordId result)
    {
        result = default;
        if (s.Length != 32
            || !UInt128.TryParse(s, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            || value == UInt128.Zero)
        {
            return false;
        }

        result = new RecordId(value);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(RecordId other) => Value.CompareTo(other.Value);

    /// <summary>Orders ids as unsigned numbers.</summary>
    public static bool operator <(RecordId left, RecordId right) => left.Value < right.Value;

    /// <summary>Orders ids as unsigned numbers.</summary>
    public static bool operator >(RecordId left, RecordId right) => left.Value > right.Value;

    /// <summary>Orders ids as unsigned numbers.</summary>
    public static bool operator <=(RecordId left, RecordId right) => left.Value <= right.Value;

    /// <summary>Orders ids as unsigned numbers.</summary>
    public static bool operator >=(RecordId left, RecordId right) => left.Value >= right.Value;

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
