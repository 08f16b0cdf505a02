namespace Mlops.Storage;

/// <summary>Where a stored chunk stands in its series, which tells whether a range needs it.</summary>
/// <param name="Position">How many points of the series come before it.</param>
/// <param name="Count">How many points it has.</param>
/// <param name="FirstStep">Its lowest step.</param>
/// <param name="LastStep">Its highest step.</param>
public readonly record struct SeriesPlace(long Position, long Count, long FirstStep, long LastStep)
{
    /// <summary>Whether points of the range may be in the chunk.</summary>
    public bool Meets(SeriesRange range)
    {
        ArgumentNullException.ThrowIfNull(range);
        return LastStep >= range.FirstStep && FirstStep <= range.LastStep && Position + Count > range.AfterPosition;
    }
}
