using Azure.Storage.Blobs;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>What only somebody can put right is told with the remedy, and without a secret.</summary>
[Collection(SharedServer.Name)]
public sealed class RefusalTests(AzuriteServer server)
{
    private const string Secret = "aHVudGVyMi1HZWhlaW0=";
    private static readonly ObjectName Name = ObjectName.Parse("some-object");

    [SkippableFact]
    public async Task AnyCall_wrongKey_saysThatTheServiceRefuses()
    {
        var container = await server.NewContainerAsync();
        var store = new AzureBlobObjectStore(new BlobContainerClient(AzuriteServer.ConnectionString(server.Port, Secret), container));
        await AssertNeedsAsync("Storage Blob Data Contributor", () => store.PutIfAbsentAsync(Name, new MemoryStream([1])));
        await AssertNeedsAsync("Storage Blob Data Contributor", () => store.PutIfAbsentAsync(Name, new MemoryStream(new byte[9 << 20])));
        await AssertNeedsAsync("Storage Blob Data Contributor", () => store.FindAsync(Name));
        await AssertNeedsAsync("Storage Blob Data Contributor", () => store.OpenReadAsync(Name));
        await AssertNeedsAsync("Storage Blob Data Contributor", () => store.DeleteAsync(Name));
    }

    [Fact]
    public async Task Put_longerThanABlobMayBe_isRefusedBeforeAnythingIsRead()
    {
        var store = new AzureBlobObjectStore(AzuriteServer.Client(9, "nothing"));
        var error = await Assert.ThrowsAsync<ArgumentException>(() => store.PutIfAbsentAsync(Name, new VastStream((50_000L << 23) + 1)));
        Assert.Contains("419430400001 bytes", error.Message, StringComparison.Ordinal);
        Assert.Contains("419430400000", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => store.PutIfAbsentAsync(Name, new VastStream(50_000L << 23)));
    }

    [SkippableFact]
    public async Task AnyCall_noContainer_saysThatItIsMissing()
    {
        server.Require();
        var store = new AzureBlobObjectStore(AzuriteServer.Client(server.Port, "nothing-here"));
        await AssertNeedsAsync("container is missing", () => store.PutIfAbsentAsync(Name, new MemoryStream([1])));
        await AssertNeedsAsync("container is missing", () => store.PutIfAbsentAsync(Name, new MemoryStream(new byte[9 << 20])));
        await AssertNeedsAsync("container is missing", () => store.FindAsync(Name));
        await AssertNeedsAsync("container is missing", () => store.OpenReadAsync(Name));
        await AssertNeedsAsync("container is missing", async () =>
        {
            await foreach (var _ in store.ListAsync(""))
            {
            }
        });
    }

    [SkippableFact]
    public async Task ListAsync_neighboursAndStrangers_areLeftOut()
    {
        var container = AzuriteServer.Client(server.Port, await server.NewContainerAsync());
        var store = new AzureBlobObjectStore(container, "teams/a");
        foreach (var name in new[] { "teams/a/Not A Name", "teams/ab/x", "teams/b/x", "x" })
            await container.UploadBlobAsync(name, BinaryData.FromString("somebody else's"));
        await store.PutIfAbsentAsync(Name, new MemoryStream([1]));
        List<string> names = [];
        await foreach (var found in store.ListAsync(""))
            names.Add(found.Name.Value);
        Assert.Equal([Name.Value], names);
        Assert.True((await container.GetBlobClient("teams/a/some-object").ExistsAsync()).Value);
    }

    private static async Task AssertNeedsAsync(string remedy, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(call);
        Assert.True(error.NeedsRepair);
        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }
}
