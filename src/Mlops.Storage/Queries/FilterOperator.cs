namespace Mlops.Storage;

/// <summary>How a filter compares.</summary>
public enum FilterOperator
{
    /// <summary>Equal.</summary>
    Equal = 1,

    /// <summary>Not equal.</summary>
    NotEqual = 2,

    /// <summary>Less.</summary>
    Less = 3,

    /// <summary>Less or equal.</summary>
    LessOrEqual = 4,

    /// <summary>Greater.</summary>
    Greater = 5,

    /// <summary>Greater or equal.</summary>
    GreaterOrEqual = 6,

    /// <summary>Text pattern, <c>%</c> any text, <c>_</c> one character, no escape; with case.</summary>
    Like = 7,

    /// <summary>Text pattern without regard to case (simple invariant folding).</summary>
    LikeIgnoreCase = 8,
}
