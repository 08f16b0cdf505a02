namespace Mlops.Storage.S3;

/// <summary>A part that arrived.</summary>
/// <param name="Number">From 1.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="ETag">Where the server encrypts with keys of its own or not at all, the MD5 of the bytes in hex, in quotes.</param>
/// <param name="Modified">When it arrived.</param>
internal sealed record Part(int Number, long SizeBytes, string ETag, DateTimeOffset Modified);
