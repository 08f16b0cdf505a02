using Microsoft.Extensions.DependencyInjection;
using Mlops.Sdk;
using Mlops.Tracking;

namespace Mlops.Storage.S3.Tests.Opening;

/// <summary>From a client's options to the bucket and back.</summary>
[Collection(SharedServer.Name)]
public sealed class ClientTests(CephServer server) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-s3-client-").FullName;

    private string Store => Path.Combine(_folder, ".mlops");

    private string Folder => new Uri(Store).AbsoluteUri;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task Objects_in_the_uri_are_in_the_bucket()
    {
        server.Require();
        var prefix = CephServer.NewPrefix();
        var bucket = Uri.EscapeDataString($"s3://{CephServer.Bucket}/{prefix}?endpoint={server.Endpoint}&pathStyle=true");
        await AssertKeepsArtifactsAsync(() => new MlopsOptions { Uri = $"{Folder}?objects={bucket}" }.UseS3Objects(), prefix);
    }

    [SkippableFact]
    public async Task Endpoint_of_the_environment_is_used()
    {
        server.Require();
        var prefix = CephServer.NewPrefix();
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL_S3", server.Endpoint.AbsoluteUri);
        try
        {
            await AssertKeepsArtifactsAsync(
                () => new MlopsOptions { Uri = $"{Folder}?objects=s3://{CephServer.Bucket}/{prefix}" }.UseS3Objects(), prefix);
        }
        finally
        {
            Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL_S3", null);
        }
    }

    [SkippableFact]
    public async Task Bucket_beside_a_folder_is_used()
    {
        server.Require();
        var prefix = CephServer.NewPrefix();
        await AssertKeepsArtifactsAsync(
            () => new MlopsOptions { Path = Store }.UseS3Objects($"s3://{CephServer.Bucket}/{prefix}?endpoint={server.Endpoint}"), prefix);
        Assert.False(Directory.Exists(Path.Combine(Store, "objects")));
    }

    [SkippableFact]
    public async Task AddMlops_with_a_bucket_resolves_a_client()
    {
        server.Require();
        var prefix = CephServer.NewPrefix();
        await using var provider = new ServiceCollection()
            .AddMlops(o =>
            {
                o.Path = Store;
                o.UseS3Objects(new S3ObjectStoreOptions { Bucket = CephServer.Bucket, Prefix = prefix, Endpoint = server.Endpoint });
            })
            .BuildServiceProvider();
        await using (var run = await provider.GetRequiredService<MlopsClient>().StartRunAsync("e"))
        {
            await run.LogTextAsync("hello", "note.txt");
            await run.CompleteAsync();
        }

        Assert.NotEmpty(await Rig.ListAsync(Bucket(prefix)));
    }

    [Fact]
    public async Task Scheme_without_the_call_names_package_and_call()
    {
        var options = new MlopsOptions { Uri = $"{Folder}?objects=s3://bucket" };
        var error = await Assert.ThrowsAsync<ArgumentException>(() => MlopsClient.OpenAsync(options));
        Assert.Contains("Mlops.Storage.S3 and call UseS3Objects()", error.Message, StringComparison.Ordinal);
    }

    private S3ObjectStore Bucket(string prefix) =>
        new(new S3ObjectStoreOptions { Bucket = CephServer.Bucket, Prefix = prefix, Endpoint = server.Endpoint });

    private async Task AssertKeepsArtifactsAsync(Func<MlopsOptions> options, string prefix)
    {
        var model = Rig.Bytes(1, 12 << 20);
        var file = Path.Combine(_folder, "model.zip");
        await File.WriteAllBytesAsync(file, model);
        await using (var mlops = await MlopsClient.OpenAsync(options()))
        {
            await using var run = await mlops.StartRunAsync("e");
            await run.LogArtifactAsync(file);
            await run.LogTextAsync("hello", "note.txt");
            await run.CompleteAsync();
        }

        Assert.NotEmpty(await Rig.ListAsync(Bucket(prefix)));
        await using (var mlops = await MlopsClient.OpenAsync(options()))
        {
            var run = (await mlops.Runs.QueryAsync(new() { Experiment = "e" })).Runs.Single();
            Assert.Equal(["model.zip", "note.txt"], (await mlops.Runs.ListArtifactsAsync(run.Id)).Select(a => a.Path.ToString()).Order());
            await using var stream = await mlops.Runs.OpenArtifactAsync(run.Id, "model.zip");
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy);
            Rig.AssertSame(model, copy.ToArray());
        }
    }
}
