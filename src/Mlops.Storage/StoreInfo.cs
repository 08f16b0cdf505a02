namespace Mlops.Storage;

/// <summary>What a metadata store says of itself.</summary>
/// <param name="StoreId">Made when the store was created; a restored copy keeps it.</param>
/// <param name="Location">Where it is, for messages; holds no secret.</param>
/// <param name="FormatVersion">The number of its newest migration.</param>
public sealed record StoreInfo(RecordId StoreId, string Location, int FormatVersion);
