namespace Mlops.Storage;

/// <summary>The type of a <see cref="FieldValue"/>.</summary>
public enum FieldType
{
    /// <summary>Unicode text, compared ordinally by its UTF-8 bytes; may carry a number beside it.</summary>
    Text = 1,

    /// <summary>A double; NaN and infinities are values.</summary>
    Number = 2,

    /// <summary>An instant in UTC with a resolution of one microsecond.</summary>
    Time = 3,

    /// <summary>The id of another record. Reference fields are the lineage.</summary>
    Reference = 4,

    /// <summary>The SHA-256 digest of content that this record needs. Digest fields are the roots of garbage collection.</summary>
    Digest = 5,
}
