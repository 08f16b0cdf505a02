using Azure.Storage.Blobs;
using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>The front door with its objects in a container.</summary>
[Collection(SharedServer.Name)]
public sealed class ClientTests(AzuriteServer server) : IDisposable
{
    private const string Variable = "AZURE_STORAGE_CONNECTION_STRING";
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-azure-").FullName;
    private readonly string? _before = Environment.GetEnvironmentVariable(Variable);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, _before);
        Directory.Delete(_folder, recursive: true);
    }

    [SkippableFact]
    public async Task OpenAsync_folderWithObjectsInAContainer_keepsArtifactsThere()
    {
        var container = await server.NewContainerAsync();
        Environment.SetEnvironmentVariable(Variable, AzuriteServer.ConnectionString(server.Port));
        var options = new MlopsOptions
        {
            Uri = $"{new Uri(Path.Combine(_folder, "store")).AbsoluteUri}?objects=azblob://mlops/{container}/teams/a",
        }.UseAzureBlobObjects();
        RunId id;
        await using (var client = await MlopsClient.OpenAsync(options))
        {
            await using var run = await client.StartRunAsync("flight-delays");
            id = run.Id;
            await run.LogTextAsync("what was seen", "notes/seen.txt");
            await run.LogArtifactAsync(await LargeFileAsync(), "model.bin");
            await run.CompleteAsync();
        }

        await using var next = await MlopsClient.OpenAsync(options);
        using (var small = new StreamReader(await next.Runs.OpenArtifactAsync(id, "notes/seen.txt")))
            Assert.Equal("what was seen", await small.ReadToEndAsync());
        using var copy = new MemoryStream();
        await using (var large = await next.Runs.OpenArtifactAsync(id, "model.bin"))
            await large.CopyToAsync(copy);
        Assert.Equal(await File.ReadAllBytesAsync(await LargeFileAsync()), copy.ToArray());
        Assert.Empty((await next.VerifyAsync()).Problems);
        Assert.False(Directory.Exists(Path.Combine(_folder, "store", "objects")));
        await foreach (var blob in new BlobContainerClient(AzuriteServer.ConnectionString(server.Port), container).GetBlobsAsync())
            Assert.StartsWith("teams/a/", blob.Name, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task LogText_serviceAway_waitsHereAndArrivesWhenItIsBack()
    {
        await using var line = await FaultyLine.OpenAsync(server);
        var options = new MlopsOptions
        {
            Path = Path.Combine(_folder, "store"),
            DrainInterval = TimeSpan.FromMilliseconds(20),
            FlushBound = TimeSpan.FromMilliseconds(300),
        }.UseAzureBlobObjects(AzuriteServer.Client(line.Proxy.Port, line.Container));
        await using var client = await MlopsClient.OpenAsync(options);
        await using var run = await client.StartRunAsync("flight-delays");
        line.Proxy.Rule = _ => HttpFault.CloseBefore;
        await run.LogTextAsync("what was seen", "notes/seen.txt");
        while (line.Proxy.Struck == 0)
            await client.FlushAsync();
        line.Proxy.Rule = null;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await client.FlushAsync(patience.Token)).Pending > 0)
        {
        }

        await run.CompleteAsync();
        using var text = new StreamReader(await client.Runs.OpenArtifactAsync(run.Id, "notes/seen.txt"));
        Assert.Equal("what was seen", await text.ReadToEndAsync());
    }

    private async Task<string> LargeFileAsync()
    {
        var path = Path.Combine(_folder, "model.bin");
        var bytes = new byte[20_000_000];
        new Random(3).NextBytes(bytes);
        await File.WriteAllBytesAsync(path, bytes);
        return path;
    }
}
