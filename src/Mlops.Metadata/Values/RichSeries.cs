namespace Mlops.Metadata;

/// <summary>The values of one key of a run.</summary>
/// <param name="Kind">What they are.</param>
/// <param name="Key">The key; a key may have values of several kinds.</param>
/// <param name="Count">How many there are.</param>
/// <param name="FirstStep">The lowest step.</param>
/// <param name="LastStep">The highest step.</param>
public sealed record RichSeries(RichValueKind Kind, string Key, long Count, long FirstStep, long LastStep);
