namespace Mlops.Metadata;

/// <summary>
/// What a number amounts to over the runs of a group. NaN is left out and counted. The standard deviation is that of a sample,
/// √(Σ(x−mean)² / (n−1)), by Welford's method; NaN for fewer than two numbers or with an infinity among them.
/// </summary>
/// <param name="Count">How many runs have the number, without NaN.</param>
/// <param name="NanCount">In how many runs it is NaN.</param>
/// <param name="Min">The smallest; NaN if there is none.</param>
/// <param name="Max">The largest; NaN if there is none.</param>
/// <param name="Mean">The mean; NaN if there is none, or if both infinities are among them.</param>
/// <param name="Std">The standard deviation.</param>
public readonly record struct FieldAggregate(long Count, long NanCount, double Min, double Max, double Mean, double Std);
