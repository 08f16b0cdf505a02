namespace Mlops.Storage;

/// <summary>
/// Appends points to the series <c>(Owner, Name)</c>, which exists from its first append. An append to a series of another
/// type, or of a record that does not exist or is purged, fails the batch.
/// </summary>
/// <param name="Owner">The record that owns the series.</param>
/// <param name="Name">1 to 300 characters without control characters, for example <c>metrics.loss</c>.</param>
/// <param name="Points">The points; exact duplicates are kept.</param>
public sealed record SeriesAppend(RecordId Owner, string Name, SeriesColumns Points);
