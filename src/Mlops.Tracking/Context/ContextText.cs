using System.Text.Json;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>What captured text must be before it is stored.</summary>
internal static class ContextText
{
    private const int MostCharacters = 4_000;
    private const int MostValues = 500;
    private const int MostTableCharacters = 100_000;

    // what a journal takes in one piece, and some room: an escaped character takes six bytes
    private const int MostTableBytes = 400_000;

    /// <summary>What a provider told, without secrets and not too long.</summary>
    /// <exception cref="InvalidOperationException">It told more than is kept.</exception>
    public static IReadOnlyList<RunContextValue> Clean(IReadOnlyList<RunContextValue> values)
    {
        if (values.Count > MostValues)
            throw new InvalidOperationException($"It told {values.Count} values; at most {MostValues} are kept. Many belong into a table.");
        return [.. values.Select(Clean)];
    }

    private static RunContextValue Clean(RunContextValue value)
    {
        if (value.Rows is { } rows)
        {
            // a package is no setting, though its name may end as that of a secret does
            var isOfSettings = value.Name != Packages.Table;
            var clean = rows.ToDictionary(
                r => r.Key, r => Shorten(isOfSettings ? Redactor.Redact(r.Key, r.Value) : Redactor.Redact(r.Value)), StringComparer.Ordinal);
            return clean.Sum(r => r.Key.Length + r.Value.Length) <= MostTableCharacters && clean.Sum(r => JsonBytes(r.Key) + JsonBytes(r.Value)) <= MostTableBytes
                ? RunContextValue.Table(value.Name, clean)
                : throw new InvalidOperationException(
                    $"The table '{value.Name}' has more than {MostTableCharacters} characters, or {MostTableBytes} bytes with its escapes; log it as an artifact.");
        }

        return value.Value is { Type: FieldType.Text, AsNumber: null } text
            ? RunContextValue.Text(value.Name, Shorten(Redactor.Redact(value.Name, text.AsText)))
            : value;
    }

    private static int JsonBytes(string text) => JsonEncodedText.Encode(text).EncodedUtf8Bytes.Length + "\"\":"u8.Length;

    public static string Shorten(string text) => EntityText.Cut(text, MostCharacters);
}
