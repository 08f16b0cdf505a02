namespace Mlops.Storage;

/// <summary>A series and what it amounts to.</summary>
/// <param name="Owner">The record that owns it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">What its values are.</param>
/// <param name="Summary">Summary over all points.</param>
public sealed record SeriesInfo(RecordId Owner, string Name, SeriesType Type, SeriesSummary Summary)
{
    /// <summary>Grows with every append; equals the number of points. Watchers read on from it.</summary>
    public long Position => Summary.Count;
}
