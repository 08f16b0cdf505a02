namespace Mlops.Metadata;

/// <summary>A piece of a text of the search language.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Value">Its text; of quoted ones what is between the quotes.</param>
internal readonly record struct Token(TokenKind Kind, int Start, int End, string Value);
