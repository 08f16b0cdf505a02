using Mlops.Metadata;
using Mlops.Storage;
using Xunit;

namespace Mlops.MLflow.Tests;

public sealed class ArtifactLocationTests
{
    [Theory]
    [InlineData(@"C:\mlruns\1", @"C:\mlruns")]
    [InlineData("C:/mlruns/1", "C:/mlruns/")]
    [InlineData("file:///C:/mlruns/1", @"C:\mlruns")]
    [InlineData("file:///srv/ml%20flow/1", "/srv/ml flow")]
    [InlineData("file:/srv/mlflow/1", "/srv/mlflow")]
    [InlineData("file://localhost/srv/mlflow/1", "/srv/mlflow")]
    [InlineData("file://host/share/1", "file://host/share")]
    [InlineData("file://host/share/1", @"\\host\share")]
    [InlineData(@"\\host\share\1", "//host/share")]
    [InlineData("s3://bucket/ml flow%20/1", "s3://bucket/ml flow%20")]
    [InlineData("mlflow-artifacts:/1", "mlflow-artifacts:")]
    [InlineData("dbfs:/databricks/mlflow/1", "dbfs:/databricks/mlflow")]
    [InlineData("wasbs://c@a.blob.core.windows.net/x/1", "wasbs://c@a.blob.core.windows.net/x")]
    public async Task Import_ofALocationUnderAMappedRoot_takesTheFilesFromThere(string location, string root)
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        stores.WriteRun($"status: 3\nartifact_uri: '{location}/{MlflowSchema.RunA}/artifacts'");
        stores.Write($"copied/1/{MlflowSchema.RunA}/artifacts/a/model.txt", "m");
        var options = new MlflowImportOptions { ArtifactRoots = new Dictionary<string, string> { [root] = stores["copied"], ["/srv"] = "/nowhere" } };
        var report = await mlops.Context.ImportMlflowAsync(stores["hand"], options);
        Assert.Empty(report.Problems);
        var artifact = Assert.Single(await mlops.Runs.ListArtifactsAsync(MlflowStores.A));
        Assert.Equal(("a/model.txt", Digest.Of("m"u8)), (artifact.Path.Value, artifact.Digest));
    }

    [Theory]
    [InlineData("s3://bucket/x")]
    [InlineData("file://host/share")]
    [InlineData("/srv/../etc")]
    public async Task Import_ofALocationThatIsNotHere_saysSoAndReadsNothing(string location)
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        stores.WriteRun($"status: 3\nartifact_uri: '{location}/{MlflowSchema.RunA}/artifacts'");
        var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Single(report.Problems);
        Assert.Equal(new MlflowCount(0, 0, 0, 0), report.Artifacts);
    }

    [Fact]
    public async Task Import_ofALocationOutsideTheRun_readsNothingOfIt()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        stores.Write("secret/key", "k");
        stores.WriteRun($"status: 3\nartifact_uri: '{stores["secret"]}'");
        var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Contains("own", Assert.Single(report.Problems).Reason, StringComparison.Ordinal);
        Assert.Empty(await mlops.Runs.ListArtifactsAsync(MlflowStores.A));
    }

    [Fact]
    public async Task Import_ofAMovedFolder_takesTheFilesBesideTheRun()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var run = stores.WriteRun($"status: 3\nartifact_uri: /gone/1/{MlflowSchema.RunA}/artifacts");
        stores.Write($"{run}/artifacts/x", "1");
        stores.Write($"{run}/artifacts/bad\\name", "1");
        var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Equal(OperatingSystem.IsWindows() ? 2 : 1, report.Artifacts.Taken);
        Assert.Equal(report.Artifacts.Refused, report.Problems.Count);
    }

    [Fact]
    public async Task Import_ofAChangedFile_takesTheNewContent()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var run = stores.WriteRun();
        stores.Write($"{run}/artifacts/x", "1");
        await mlops.Context.ImportMlflowAsync(stores["hand"]);
        stores.Write($"{run}/artifacts/x", "2");
        var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Equal((1, 1), (report.Artifacts.Taken, report.Runs.Taken));
        Assert.Equal(Digest.Of("2"u8), Assert.Single(await mlops.Runs.ListArtifactsAsync(MlflowStores.A)).Digest);
    }
}
