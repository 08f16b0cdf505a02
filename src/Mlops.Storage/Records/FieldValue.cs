using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Mlops.Storage;

/// <summary>
/// One typed value of a field. Build it with the static members. A text may carry a number beside it, by which it is compared
/// with numbers; a reference may name its record by key inside a batch, and is resolved to an id when the batch commits.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public readonly record struct FieldValue
{
    private readonly string? _text;
    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private FieldValue(FieldType type, string? text, double? number, UInt128 high = default, UInt128 low = default)
    {
        Type = type;
        _text = text;
        AsNumber = number;
        _high = high;
        _low = low;
    }

    /// <summary>The type, which says which of the members below has a value.</summary>
    public FieldType Type { get; }

    /// <summary>The number, or the number beside a text; null where there is none.</summary>
    public double? AsNumber { get; }

    /// <summary>The text of a <see cref="FieldType.Text"/>.</summary>
    public string AsText => Expect(FieldType.Text)._text!;

    /// <summary>The instant of a <see cref="FieldType.Time"/>, UTC.</summary>
    public DateTimeOffset AsTime => Microseconds.ToTime(AsMicroseconds);

    /// <summary>The instant of a <see cref="FieldType.Time"/> in microseconds since 1970 UTC.</summary>
    public long AsMicroseconds => (long)(ulong)Expect(FieldType.Time)._low;

    /// <summary>The id of a <see cref="FieldType.Reference"/>; empty while it is given by <see cref="ReferenceKey"/>.</summary>
    public RecordId AsReference => new(Expect(FieldType.Reference)._low);

    /// <summary>The key by which a reference of an uncommitted batch names its record, or null.</summary>
    public RecordKey? ReferenceKey =>
        Type == FieldType.Reference && _text is { } text ? new RecordKey(text[..text.IndexOf('\n')], text[(text.IndexOf('\n') + 1)..]) : null;

    /// <summary>The digest of a <see cref="FieldType.Digest"/>.</summary>
    public Digest AsDigest => new(Expect(FieldType.Digest)._high, _low);

    /// <summary>A text, with the number it stands for where it is one.</summary>
    public static FieldValue Text(string text, double? number = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new FieldValue(FieldType.Text, text, number);
    }

    /// <summary>A number; NaN and infinities are values.</summary>
    public static FieldValue Number(double number) => new(FieldType.Number, null, number);

    /// <summary>An instant, kept in UTC microseconds (finer parts are cut off).</summary>
    public static FieldValue Time(DateTimeOffset time) => Time(Microseconds.From(time));

    /// <summary>An instant in microseconds since 1970 UTC.</summary>
    public static FieldValue Time(long microseconds) => new(FieldType.Time, null, null, 0, (ulong)microseconds);

    /// <summary>A reference to a record by its id.</summary>
    public static FieldValue Reference(RecordId id) => new(FieldType.Reference, null, null, 0, id.Value);

    /// <summary>A reference to the record that has this key when the batch commits; the batch fails if there is none.</summary>
    public static FieldValue Reference(RecordKey key) => new(FieldType.Reference, $"{key.Kind}\n{key.Key}", null);

    /// <summary>A digest of content.</summary>
    public static FieldValue Digest(Digest digest) => new(FieldType.Digest, null, null, digest.High, digest.Low);

    /// <summary>The form in which a value is compared, logged and stored: well-formed Unicode, one NaN, no NaN beside a text.</summary>
    public FieldValue Normalise() => Type switch
    {
        FieldType.Text when IsLoose(AsText) || AsNumber is double.NaN => Text(WellFormed(AsText), AsNumber is double.NaN ? null : AsNumber),
        FieldType.Number when double.IsNaN(AsNumber!.Value) => Number(double.NaN),
        _ => this,
    };

    /// <summary>The same value in the eyes of write-once fields: the number beside a text does not matter, and 0 is not -0.</summary>
    public bool IsSame(FieldValue other) =>
        Type == other.Type && Type switch
        {
            FieldType.Text => string.Equals(_text, other._text, StringComparison.Ordinal),
            FieldType.Number => BitConverter.DoubleToInt64Bits(AsNumber!.Value) == BitConverter.DoubleToInt64Bits(other.AsNumber!.Value),
            _ => this == other,
        };

    /// <summary>The value as invariant text, for people and messages.</summary>
    public override string ToString() => Type switch
    {
        FieldType.Text => _text!,
        FieldType.Number => AsNumber!.Value.ToString("R", CultureInfo.InvariantCulture),
        FieldType.Time => AsTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
        FieldType.Reference => _text?.Replace('\n', '/') ?? AsReference.ToString(),
        FieldType.Digest => AsDigest.ToString(),
        _ => "(none)",
    };

    private static bool IsLoose(string text) => text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0;

    // lone surrogates have no UTF-8; they become U+FFFD here, so that comparing sees what storing keeps
    private static string WellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private FieldValue Expect(FieldType type) =>
        Type == type ? this : throw new InvalidOperationException($"The field value is {Type}, not {type}.");
}
