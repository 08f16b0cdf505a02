using Azure.Identity;
using Azure.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Storage;
using Mlops.Storage.AzureBlobs;
using Mlops.Storage.PostgreSql;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>The code of docs/objects.md.</summary>
internal static class ObjectSnippets
{
    public static void InjectAzure(IServiceCollection services)
    {
        #region objects in azure
        services.AddMlops(o => o
            .UsePostgreSql("Host=db;Database=mlops;Username=team")
            .UseAzureBlobObjects("azblob://account/container/flights"));
        #endregion
    }

    public static async Task<MlopsClient> OpenAzureAsync()
    {
        #region objects in azure by uri
        // MLOPS_URI=postgres://team@db/mlops?objects=azblob://account/container/flights
        var mlops = await MlopsClient.OpenAsync(new MlopsOptions().UsePostgreSql().UseAzureBlobObjects());
        #endregion

        return mlops;
    }

    public static MlopsOptions WithAzureClient()
    {
        #region objects in azure by client
        var container = new BlobContainerClient(
            new Uri("https://account.blob.core.windows.net/container"),
            new WorkloadIdentityCredential(),
            new BlobClientOptions { Retry = { MaxRetries = 8 } });
        var options = new MlopsOptions { Path = "/var/lib/flights/.mlops" }.UseAzureBlobObjects(container, "flights");
        #endregion

        return options;
    }
}
