using Azure.Storage.Blobs;

namespace Mlops.Storage.AzureBlobs;

/// <summary>Switches on Azure Blob Storage as the object store of a team.</summary>
public static class AzureBlobExtensions
{
    /// <summary>
    /// Lets URIs name a container: <c>MLOPS_URI=postgres://user@host/database?objects=azblob://account/container/prefix</c>. Without
    /// such a URI everything stays as it was.
    /// </summary>
    /// <param name="options">The options.</param>
    public static TOptions UseAzureBlobObjects<TOptions>(this TOptions options)
        where TOptions : class, IStorageOptions
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ObjectSchemes[AzureBlobUri.Scheme] = uri => Source(AzureBlobUri.Parse(uri));
        return options;
    }

    /// <summary>Keeps objects in a container, which must exist.</summary>
    /// <param name="options">The options.</param>
    /// <param name="location">
    /// <c>azblob://account/container/prefix</c>, the prefix may be missing; outside the public cloud with the account's whole host,
    /// <c>azblob://account.blob.core.usgovcloudapi.net/container</c>. The credentials are those of
    /// <c>AZURE_STORAGE_CONNECTION_STRING</c>, if that is for this account, and otherwise what Azure's <c>DefaultAzureCredential</c>
    /// finds.
    /// </param>
    /// <exception cref="ArgumentException">It is no such text, or the environment's connection string is not valid.</exception>
    public static TOptions UseAzureBlobObjects<TOptions>(this TOptions options, string location)
        where TOptions : class, IStorageOptions
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(location);
        options.UseAzureBlobObjects().Objects = Source(AzureBlobUri.Parse(location));
        return options;
    }

    /// <summary>Keeps objects in a container, which must exist, with the credentials and retries of this client.</summary>
    /// <param name="options">The options.</param>
    /// <param name="container">The container's client; it stays the caller's.</param>
    /// <param name="prefix">The folder within it, such as <c>teams/a</c>, at most 200 characters; empty for the whole container.</param>
    /// <exception cref="ArgumentException">The prefix is too long or has empty segments, <c>.</c>, <c>..</c> or odd characters.</exception>
    public static TOptions UseAzureBlobObjects<TOptions>(this TOptions options, BlobContainerClient container, string prefix = "")
        where TOptions : class, IStorageOptions
    {
        ArgumentNullException.ThrowIfNull(container);
        options.UseAzureBlobObjects().Objects = Source((container, prefix));
        return options;
    }

    private static ObjectStoreSource Source((BlobContainerClient Container, string Prefix) place) => new(
        AzureBlobObjectStore.LocationOf(place.Container, place.Prefix), _ => new AzureBlobObjectStore(place.Container, place.Prefix));
}
