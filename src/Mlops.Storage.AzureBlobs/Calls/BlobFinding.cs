using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Mlops.Storage.AzureBlobs;

internal static class BlobFinding
{
    /// <summary>What the service knows of a blob; null if there is none. Blocks that nobody completed are none.</summary>
    public static async Task<BlobProperties?> FindAsync(this BlockBlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            return (await blob.GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Value;
        }
        catch (RequestFailedException e) when (BlobTrouble.IsAbsent(e))
        {
            return null;
        }
    }
}
