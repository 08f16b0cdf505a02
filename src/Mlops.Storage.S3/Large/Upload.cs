namespace Mlops.Storage.S3;

/// <summary>An upload in parts that is under way, or was interrupted.</summary>
/// <param name="Key">Where its object will be.</param>
/// <param name="Id">The server's name of the upload.</param>
/// <param name="Began">When it began.</param>
internal sealed record Upload(string Key, string Id, DateTimeOffset Began);
