using Mlops.Storage;

namespace Mlops.Sdk.Tests;

public sealed class StoreLocationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Resolve_noStoreAnywhere_isANewOneHere()
    {
        var here = Folder("project");
        Assert.Equal(Path.Combine(here, ".mlops"), Resolve(here));
        Assert.False(Directory.Exists(Path.Combine(here, ".mlops")));
    }

    [Fact]
    public void Resolve_storesHereAndAbove_isTheNearest()
    {
        var above = Folder(".mlops");
        var deep = Folder("project/src/training");
        Assert.Equal(above, Resolve(deep));

        var near = Folder("project/.mlops");
        Assert.Equal(near, Resolve(deep));
        Assert.Equal(near, Resolve(_folder["project"]));

        var here = Folder("project/src/training/.mlops");
        Assert.Equal(here, Resolve(deep));
    }

    [Fact]
    public void Resolve_fileNamedLikeAStore_isPassedOver()
    {
        var above = Folder(".mlops");
        var here = Folder("project");
        File.WriteAllText(Path.Combine(here, ".mlops"), "not a folder");
        Assert.Equal(above, Resolve(here));
    }

    [Fact]
    public void Resolve_path_isTakenFromTheCurrentFolder()
    {
        Folder(".mlops");
        var options = new MlopsOptions { Path = "../stores/one" };
        Assert.Equal(_folder["stores/one"], StoreLocation.Resolve(options, Folder("project"), "file:///elsewhere").Name);
        options.Path = _folder["absolute"];
        Assert.Equal(_folder["absolute"], StoreLocation.Resolve(options, Folder("project"), null).Name);
    }

    [Fact]
    public void Resolve_emptyPath_throwsNamingTheOption() => Contains("MlopsOptions.Path", new MlopsOptions { Path = "" }, null);

    [Fact]
    public void Resolve_pathAndUri_throwsNamingBoth()
    {
        var options = new MlopsOptions { Path = "a", Uri = "file:///b" };
        Contains("MlopsOptions.Path and MlopsOptions.Uri", options, null);
    }

    [Fact]
    public void Resolve_fileUri_isItsFolder()
    {
        var folder = _folder["with space/ü"];
        var uri = new Uri(folder).AbsoluteUri;
        Assert.Contains("%20", uri, StringComparison.Ordinal);
        Assert.Equal(folder, StoreLocation.Resolve(new MlopsOptions { Uri = uri }, _folder.Path, null).Name);
        Assert.Equal(folder, StoreLocation.Resolve(new MlopsOptions(), _folder.Path, uri).Name);
    }

    [Fact]
    public void Resolve_optionUri_winsOverTheVariable() =>
        Assert.Equal(
            _folder["option"],
            StoreLocation.Resolve(new MlopsOptions { Uri = new Uri(_folder["option"]).AbsoluteUri }, _folder.Path, "file:///variable").Name);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Resolve_variableEmpty_countsAsNotSet(string? variable) =>
        Assert.Equal(_folder.Store, StoreLocation.Resolve(new MlopsOptions(), _folder.Path, variable).Name);

    [Theory]
    [InlineData("postgres://ada:s3cr3t-word@db.example/mlops", "'postgres'")]
    [InlineData("https://tracking.example/?token=s3cr3t-word", "'https'")]
    [InlineData("azureblob://account/?key=s3cr3t-word", "'azureblob'")]
    public void Resolve_unknownScheme_throwsNamingTheSchemeAndNothingElse(string uri, string scheme)
    {
        var fromOption = Contains(scheme, new MlopsOptions { Uri = uri }, null);
        var fromVariable = Contains(scheme, new MlopsOptions(), uri);
        Assert.Contains("MlopsOptions.Uri", fromOption.Message, StringComparison.Ordinal);
        Assert.Contains("MLOPS_URI", fromVariable.Message, StringComparison.Ordinal);
        foreach (var error in new[] { fromOption, fromVariable })
        {
            Assert.DoesNotContain("s3cr3t-word", error.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("example", error.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("not a uri, s3cr3t-word")]
    [InlineData("relative/s3cr3t-word")]
    public void Resolve_noUri_throwsWithoutTheText(string uri)
    {
        var error = Contains("MlopsOptions.Uri is not an absolute URI", new MlopsOptions { Uri = uri }, null);
        Assert.DoesNotContain("s3cr3t-word", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("file://server/share/.mlops")]
    [InlineData("file:///folder/.mlops?mode=ro")]
    public void Resolve_networkShareOrQuery_throwsWithTheRemedy(string uri) =>
        Contains("file:///path/to/.mlops", new MlopsOptions { Uri = uri }, null);

    [Fact]
    public void Resolve_knownScheme_takesTheObjectsOutOfTheUri()
    {
        var options = new MlopsOptions();
        Uri? seen = null;
        ((IStorageOptions)options).MetadataSchemes["postgres"] = uri => Source(seen = uri);
        var objects = new Uri(_folder["team"]).AbsoluteUri;
        var location = StoreLocation.Resolve(options, _folder.Path, $"postgres://ada:s3cr3t-word@db/mlops?schema=a&objects={Uri.EscapeDataString(objects)}");
        Assert.Equal("postgres://ada:s3cr3t-word@db/mlops?schema=a", seen!.AbsoluteUri);
        Assert.Equal(("known", objects), (location.Name, location.Objects!.Location));
        Assert.StartsWith(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), location.JournalPath, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_folderWithObjectsElsewhere_isThatFolderAndThoseObjects()
    {
        var objects = new Uri(_folder["team"]).AbsoluteUri;
        var uri = $"{new Uri(_folder["store"]).AbsoluteUri}?objects={Uri.EscapeDataString(objects)}";
        var location = StoreLocation.Resolve(new MlopsOptions(), _folder.Path, uri);
        Assert.Equal((_folder["store"], objects, null), (location.Name, location.Objects!.Location, location.Metadata));
        Contains("Mlops.Storage.AzureBlobs and call UseAzureBlobObjects()", new MlopsOptions(), "file:///store?objects=azblob://account/c");
    }

    [Fact]
    public void Resolve_journalPathOfSeveralStores_hasAFolderForEach()
    {
        string Journal(string store)
        {
            var options = new MlopsOptions { Path = _folder[store], JournalPath = _folder["journals"] };
            return StoreLocation.Resolve(options, _folder.Path, null).JournalPath;
        }

        Assert.Equal(Journal("a"), Journal("a"));
        Assert.NotEqual(Journal("a"), Journal("b"));
        Assert.Equal(_folder["journals"], Path.GetDirectoryName(Journal("a")));
    }

    [Fact]
    public void Resolve_storeElsewhere_hasAJournalOfItsOwnForEachStore()
    {
        string Journal(string name, string objects)
        {
            IStorageOptions options = new MlopsOptions().UseFolderObjects(_folder[objects]);
            options.Metadata = Source(null, name);
            return StoreLocation.Resolve((MlopsOptions)options, _folder.Path, "file:///variable").JournalPath;
        }

        Assert.Equal(Journal("a", "team"), Journal("a", "team"));
        Assert.Equal(3, new[] { Journal("a", "team"), Journal("b", "team"), Journal("a", "other") }.Distinct().Count());
    }

    [Fact]
    public void Resolve_storeElsewhereWithoutObjects_throwsWithTheRemedy()
    {
        var options = new MlopsOptions();
        ((IStorageOptions)options).Metadata = Source(null);
        Contains("UseFolderObjects", options, null);
    }

    [Fact]
    public void Resolve_storeNamedTwice_throws()
    {
        var options = new MlopsOptions { Path = "a" }.UseFolderObjects(_folder["team"]);
        ((IStorageOptions)options).Metadata = Source(null);
        Contains("twice", options, null);
    }

    [Fact]
    public void Resolve_knownPackage_isNamedWithItsCall()
    {
        Contains("Mlops.Storage.PostgreSql and call UsePostgreSql()", new MlopsOptions { Uri = "postgres://db/mlops" }, null);
        var options = new MlopsOptions { Uri = "postgres://db/mlops?objects=s3://bucket" };
        ((IStorageOptions)options).MetadataSchemes["postgres"] = Source;
        Contains("Mlops.Storage.S3", options, null);
    }

    [Fact]
    public void ToString_uriWithAPassword_showsNone() =>
        Assert.DoesNotContain("s3cr3t-word", new MlopsOptions { Uri = "postgres://ada:s3cr3t-word@db/mlops" }.ToString(), StringComparison.Ordinal);

    private static MetadataStoreSource Source(Uri? uri) => Source(uri, "known");

    private static MetadataStoreSource Source(Uri? uri, string location) =>
        new(location, (_, _) => throw new InvalidOperationException("Nobody opens it here."));

    private string Folder(string name) => Directory.CreateDirectory(_folder[name]).FullName;

    private static string Resolve(string current) => StoreLocation.Resolve(new MlopsOptions(), current, variable: null).Name;

    private ArgumentException Contains(string expected, MlopsOptions options, string? variable)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => StoreLocation.Resolve(options, _folder.Path, variable));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        return error;
    }
}
