using System.Diagnostics.CodeAnalysis;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>The id of a step: 32 hexadecimal digits. <c>default</c> identifies nothing and is refused by every call.</summary>
/// <param name="Value">The record's id.</param>
public readonly record struct StepId(RecordId Value) : IParsable<StepId>
{
    /// <summary>Parses exactly 32 hexadecimal digits, in either case.</summary>
    /// <exception cref="FormatException">The text has another form.</exception>
    public static StepId Parse(string s, IFormatProvider? provider = null) => new(RecordId.Parse(s, provider));

    /// <summary>Parses exactly 32 hexadecimal digits that are not all zero; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out StepId result)
    {
        var parsed = RecordId.TryParse(s, provider, out var id);
        result = new StepId(id);
        return parsed;
    }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString();
}
