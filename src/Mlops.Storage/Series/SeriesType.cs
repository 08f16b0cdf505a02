namespace Mlops.Storage;

/// <summary>What the values of a series are. A series keeps the type of its first append.</summary>
public enum SeriesType
{
    /// <summary>Doubles; NaN and infinities are values.</summary>
    Number = 1,

    /// <summary>Unicode text.</summary>
    Text = 2,

    /// <summary>Digests of content, which keep that content from garbage collection.</summary>
    Digest = 3,
}
