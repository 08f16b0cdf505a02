namespace Mlops.Metadata;

internal enum TokenKind
{
    End,

    /// <summary>A keyword, an attribute, or an entity with its dot and key.</summary>
    Word,

    /// <summary>A number, a duration, or what looks like one.</summary>
    Number,

    /// <summary>In single quotes: a text.</summary>
    Text,

    /// <summary>In double quotes: a text or a key, by where it stands.</summary>
    TextOrKey,

    /// <summary>In backticks: a key.</summary>
    Key,

    Symbol,
}
