using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace Mlops.Storage.AzureBlobs;

/// <summary>
/// Reads <c>azblob://account/container/prefix</c> and finds the credentials for it. No message quotes the URI or the environment,
/// in which a key or a signature may be.
/// </summary>
internal static class AzureBlobUri
{
    public const string Scheme = "azblob";
    public const string Variable = "AZURE_STORAGE_CONNECTION_STRING";
    private const string PublicCloud = ".blob.core.windows.net";

    /// <exception cref="ArgumentException">It is no such URI, or the environment's connection string is not valid.</exception>
    public static (BlobContainerClient Container, string Prefix) Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Scheme ? Parse(uri) : throw Unfit();

    /// <exception cref="ArgumentException">A part is missing or too much, or the environment's connection string is not valid.</exception>
    public static (BlobContainerClient Container, string Prefix) Parse(Uri uri) => Parse(uri, Environment.GetEnvironmentVariable(Variable));

    internal static (BlobContainerClient Container, string Prefix) Parse(Uri uri, string? connectionString)
    {
        var path = Uri.UnescapeDataString(uri.AbsolutePath).Trim('/').Split('/', 2);
        if (uri is not { UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0, IsDefaultPort: true } || uri.Host.Length == 0 || path[0].Length == 0)
            throw Unfit();
        var service = FromEnvironment(uri.Host.Split('.')[0], connectionString) ?? new BlobServiceClient(
            new Uri($"https://{(uri.Host.Contains('.', StringComparison.Ordinal) ? uri.Host : uri.Host + PublicCloud)}"),
            new DefaultAzureCredential(),
            Patient());
        return (service.GetBlobContainerClient(path[0]), path.Length == 2 ? path[1] : "");
    }

    private static BlobServiceClient? FromEnvironment(string account, string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
            return null;
        try
        {
            var service = new BlobServiceClient(connectionString, Patient());
            return service.AccountName == account ? service : null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new ArgumentException($"{Variable} is not a valid connection string; copy it again from the account's access keys.");
        }
    }

    // some ten seconds until a service that refuses counts as away; a block gets a minute on a slow line
    private static BlobClientOptions Patient() => new()
    {
        Retry =
        {
            Mode = RetryMode.Exponential,
            MaxRetries = 4,
            Delay = TimeSpan.FromSeconds(0.5),
            MaxDelay = TimeSpan.FromSeconds(10),
            NetworkTimeout = TimeSpan.FromMinutes(1),
        },
    };

    private static ArgumentException Unfit() => new(
        $"The place of the objects is not of the form {Scheme}://account/container/prefix. Keys and signatures belong into {Variable}.");
}
