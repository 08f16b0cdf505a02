using Mlops.Metadata;
using Mlops.Storage;
using Xunit;

namespace Mlops.MLflow.Tests;

/// <summary>What the import of a real store brought, against the files and rows that MLflow wrote.</summary>
public sealed class TruthTests
{
    [Fact]
    public async Task Import_ofARealDatabase_bringsTagsParentsTimesAndTheRegistry()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        await mlops.Context.ImportMlflowAsync(stores["mlflow.db"], stores.Moved);
        var rows = stores.Select("mlflow.db", "SELECT run_uuid, key, coalesce(value, '') FROM tags ORDER BY key").ToLookup(r => (string)r[0]);
        foreach (var row in stores.Select("mlflow.db", "SELECT run_uuid, start_time, end_time FROM runs"))
        {
            var run = await mlops.Runs.GetAsync(RunId.Parse((string)row[0], null));
            var tags = rows[(string)row[0]].ToDictionary(r => (string)r[1], r => (string)r[2]);
            Assert.Equal(tags.OrderBy(t => t.Key, StringComparer.Ordinal), run.Tags.OrderBy(t => t.Key, StringComparer.Ordinal));
            Assert.Equal(tags.GetValueOrDefault("mlflow.parentRunId"), run.ParentId?.ToString());
            Assert.Equal(tags["mlflow.runName"], run.Name);
            Assert.Equal((long)row[1], run.StartTime.ToUnixTimeMilliseconds());
            Assert.Equal(row[2] as long?, run.EndTime?.ToUnixTimeMilliseconds());
        }

        await AssertRegistryAsync(mlops.Context);
    }

    [Fact]
    public async Task Import_ofARealFolder_bringsTagsParentsAndTheRegistry()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        await mlops.Context.ImportMlflowAsync(stores["mlruns"], stores.Moved);
        foreach (var id in stores.Truth("mlruns").GetProperty("runs").EnumerateArray().Select(r => r.GetProperty("id").GetString()!))
        {
            var run = await mlops.Runs.GetAsync(RunId.Parse(id, null));
            var folder = Path.Combine(Directory.GetDirectories(stores["mlruns"], id, SearchOption.AllDirectories).Single(), "tags");
            var tags = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(f => Path.GetRelativePath(folder, f), File.ReadAllText);
            Assert.Equal(tags.OrderBy(t => t.Key, StringComparer.Ordinal), run.Tags.OrderBy(t => t.Key, StringComparer.Ordinal));
            Assert.Equal(tags.GetValueOrDefault("mlflow.parentRunId"), run.ParentId?.ToString());
        }

        await AssertRegistryAsync(mlops.Context);
    }

    [Theory]
    [InlineData("mlflow.db", "artifacts")]
    [InlineData("mlruns", "artifacts-of-mlruns")]
    public async Task Import_ofARealStore_bringsEveryFileWithItsDigest(string store, string artifacts)
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var report = await mlops.Context.ImportMlflowAsync(stores[store], stores.Moved);
        var files = Directory.GetFiles(stores[artifacts], "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.Equal(new MlflowCount(files.Length, files.Length, 0, 0), report.Artifacts);
        foreach (var ofRun in files.GroupBy(f => Path.GetRelativePath(stores[artifacts], f).Split(Path.DirectorySeparatorChar)[1]))
        {
            Assert.Equal(
                ofRun.Select(f => (f.Split("/artifacts/")[^1], Digest.Of(File.ReadAllBytes(f)))).OrderBy(f => f.Item1, StringComparer.Ordinal),
                (await mlops.Runs.ListArtifactsAsync(RunId.Parse(ofRun.Key, null))).Select(a => (a.Path.Value, a.Digest)));
        }
    }

    private static async Task AssertRegistryAsync(MetadataContext context)
    {
        var model = await MlflowStores.BodyAsync(context, "mlflow-model", "delay-classifier");
        Assert.Equal("late or not", model.GetProperty("description").GetString());
        Assert.Equal("2", model.GetProperty("aliases").GetProperty("champion").GetString());
        Assert.Equal("v", model.GetProperty("tags").GetProperty("k").GetString());
        for (var version = 1; version <= 3; version++)
        {
            var key = new RecordKey("mlflow-model-version", FormattableString.Invariant($"delay-classifier/{version}"));
            var body = await MlflowStores.BodyAsync(context, key.Kind, key.Key);
            var run = (await context.Store.FindRecordAsync(key))!.Find("run")!.Value.AsReference;
            Assert.Equal(run.ToString(), body.GetProperty("run_id").GetString());
            Assert.Equal($"runs:/{run}/model.bin", body.GetProperty("source").GetString());
            Assert.Equal(FormattableString.Invariant($"{version - 1}"), body.GetProperty("tags").GetProperty("n").GetString());
        }
    }
}
