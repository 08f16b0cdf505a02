using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Something that a filter can compare: a name of the language and what it stands for in a record.</summary>
/// <param name="Name">The name as it is written by the formatter.</param>
/// <param name="Type">How it is compared.</param>
/// <param name="Operand">Where it is.</param>
internal sealed record SearchAttribute(string Name, SearchType Type, Operand Operand)
{
    /// <summary>Other names for it.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The only values it can have, for <see cref="SearchType.Word"/> and <see cref="SearchType.Lifecycle"/>.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Whether it is compared with less and greater.</summary>
    public bool HasRange => Type is SearchType.Number or SearchType.NumberOrText or SearchType.OfReferred or SearchType.Text or SearchType.Time;

    /// <summary>Whether it is compared with patterns.</summary>
    public bool HasPattern => Type is SearchType.NumberOrText or SearchType.OfReferred or SearchType.Text or SearchType.Word or SearchType.NameOfReferred;

    /// <summary>Whether records sort by it.</summary>
    public bool HasOrder => Type is not (SearchType.NameOfReferred or SearchType.OfReferred or SearchType.Lifecycle);

    /// <summary>What it is compared with, in words.</summary>
    public string Values => Type switch
    {
        SearchType.Number => "a number",
        SearchType.NumberOrText or SearchType.OfReferred => "a number, or a text in quotes",
        SearchType.Time => "a time: '2026-01-31', '2026-01-31T12:00:00Z', milliseconds since 1970, or now() - 7d",
        SearchType.Id => "an id of 32 hexadecimal digits in quotes",
        SearchType.Word or SearchType.Lifecycle => $"one of '{string.Join("', '", Words)}'",
        _ => "a text in quotes",
    };

    public bool IsCalled(string name) => name == Name || Aliases.Contains(name, StringComparer.Ordinal);
}
