namespace Mlops.Storage;

/// <summary>
/// Some neighbouring points of a number series, for a chart. The smallest and largest value stand at their exact steps; they
/// are NaN if every value is. Buckets of one answer are ordered by step; an edge may snap to the store's statistics blocks.
/// </summary>
/// <param name="FirstStep">Lowest step in the bucket.</param>
/// <param name="LastStep">Highest step in the bucket.</param>
/// <param name="Count">Number of points.</param>
/// <param name="NanCount">How many of them are NaN.</param>
/// <param name="Min">Smallest value.</param>
/// <param name="MinStep">Its step.</param>
/// <param name="Max">Largest value.</param>
/// <param name="MaxStep">Its step.</param>
/// <param name="Sum">Sum of all values but NaN.</param>
public readonly record struct SeriesBucket(
    long FirstStep, long LastStep, long Count, long NanCount, double Min, long MinStep, double Max, long MaxStep, double Sum);
