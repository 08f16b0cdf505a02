namespace Mlops.Storage;

/// <summary>A metadata store that can be opened, now or once it can be reached.</summary>
/// <param name="Location">Which store it is, without secrets: two clients of one store have the same location.</param>
/// <param name="OpenAsync">Opens it with the given clock.</param>
public sealed record MetadataStoreSource(string Location, Func<TimeProvider, CancellationToken, Task<IMetadataStore>> OpenAsync);
