using Azure.Storage.Blobs;
using Mlops.Sdk;

namespace Mlops.Storage.AzureBlobs.Tests;

public sealed class AzureBlobUriTests
{
    private const string Secret = "aHVudGVyMi1HZWhlaW0=";

    [Theory]
    [InlineData("azblob://team/mlops", "https://team.blob.core.windows.net/mlops", "")]
    [InlineData("azblob://team/mlops/", "https://team.blob.core.windows.net/mlops", "")]
    [InlineData("azblob://team/mlops/a/B-1", "https://team.blob.core.windows.net/mlops", "a/B-1")]
    [InlineData("azblob://team.blob.core.usgovcloudapi.net/mlops/a", "https://team.blob.core.usgovcloudapi.net/mlops", "a")]
    public void Parse_noConnectionString_isTheAccountInTheCloud(string text, string container, string prefix)
    {
        foreach (var connectionString in new[] { null, "", AzuriteServer.ConnectionString(10000, Secret) })
        {
            var place = AzureBlobUri.Parse(new Uri(text), connectionString);
            Assert.Equal((new Uri(container), prefix), (place.Container.Uri, place.Prefix));
        }
    }

    [Fact]
    public void Parse_connectionStringOfTheAccount_isItsEndpoint()
    {
        var place = AzureBlobUri.Parse(new Uri("azblob://mlops/c/p"), AzuriteServer.ConnectionString(10000, Secret));
        Assert.Equal("http://127.0.0.1:10000/mlops/c", place.Container.Uri.AbsoluteUri);
        Assert.Equal("azblob://mlops/c/p", AzureBlobObjectStore.LocationOf(place.Container, place.Prefix));
    }

    [Theory]
    [InlineData("azblob://team")]
    [InlineData("azblob://team/")]
    [InlineData("azblob:///mlops")]
    [InlineData($"azblob://team:{Secret}@team/mlops")]
    [InlineData($"azblob://team/mlops?sig={Secret}")]
    [InlineData($"azblob://team/mlops#{Secret}")]
    [InlineData($"https://team.blob.core.windows.net/mlops?sig={Secret}")]
    [InlineData($"AccountName=team;AccountKey={Secret}")]
    public void UseAzureBlobObjects_otherText_isRefusedWithoutQuotingIt(string text)
    {
        var error = Assert.Throws<ArgumentException>(() => new MlopsOptions().UseAzureBlobObjects(text));
        Assert.Contains("azblob://account/container/prefix", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData($"AccountName=mlops;AccountKey=not base64 {Secret}")]
    [InlineData($"AccountName=mlops;{Secret}")]
    [InlineData(Secret)]
    public void Parse_badConnectionString_isRefusedWithoutQuotingIt(string connectionString)
    {
        var error = Assert.Throws<ArgumentException>(() => AzureBlobUri.Parse(new Uri("azblob://mlops/c"), connectionString));
        Assert.Contains("AZURE_STORAGE_CONNECTION_STRING", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a//b")]
    [InlineData("/a")]
    [InlineData("../a")]
    [InlineData("a b")]
    [InlineData("a.")]
    public void UseAzureBlobObjects_oddPrefix_isRefused(string prefix) =>
        Assert.Throws<ArgumentException>(() => new MlopsOptions().UseAzureBlobObjects(Container(), prefix));

    [Fact]
    public void UseAzureBlobObjects_longPrefix_isRefused() =>
        Assert.Throws<ArgumentException>(() => new MlopsOptions().UseAzureBlobObjects(Container(), new string('a', 201)));

    [Fact]
    public void UseAzureBlobObjects_signedAddress_isNotInTheLocation()
    {
        IStorageOptions options = new MlopsOptions().UseAzureBlobObjects(Container(), "a");
        Assert.Equal("azblob://team/mlops/a", options.Objects!.Location);
        Assert.Equal("azblob://team/mlops/a", options.Objects.Open(TimeProvider.System).Location);
    }

    private static BlobContainerClient Container() => new(new Uri($"https://team.blob.core.windows.net/mlops?sv=2024-01-01&sig={Secret}"));
}
