namespace Mlops.Metadata;

/// <summary>
/// Some neighbouring points of a curve. Positions are in the unit of the <see cref="CurveAxis"/>. The extremes are those of the
/// finite values, at their exact positions, and NaN if there is none; infinities are told apart from them.
/// </summary>
/// <param name="First">Lowest position.</param>
/// <param name="Last">Highest position.</param>
/// <param name="Count">Number of points.</param>
/// <param name="NanCount">How many of them are NaN.</param>
/// <param name="Min">Smallest finite value.</param>
/// <param name="MinAt">Its position.</param>
/// <param name="Max">Largest finite value.</param>
/// <param name="MaxAt">Its position.</param>
/// <param name="Mean">Mean of the finite values.</param>
/// <param name="PositiveInfinityAt">Where the first +∞ is; null if there is none.</param>
/// <param name="NegativeInfinityAt">Where the first -∞ is; null if there is none.</param>
public readonly record struct CurveCell(
    long First,
    long Last,
    long Count,
    long NanCount,
    double Min,
    long MinAt,
    double Max,
    long MaxAt,
    double Mean,
    long? PositiveInfinityAt,
    long? NegativeInfinityAt);
