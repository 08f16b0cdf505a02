using System.Text.Json;
using Mlops.Metadata;
using Mlops.Storage;
using Xunit;

namespace Mlops.MLflow.Tests;

public sealed class MlflowImportTests
{
    [Theory]
    [InlineData("mlflow.db")]
    [InlineData("mlruns")]
    public async Task Import_ofARealStore_bringsWhatWasLogged(string store)
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var report = await mlops.Context.ImportMlflowAsync(stores[store], stores.Moved);

        Assert.Empty(report.Problems);
        var truth = stores.Truth(store);
        foreach (var experiment in truth.GetProperty("experiments").EnumerateArray())
            Assert.NotNull(await mlops.Context.Store.FindRecordAsync(new RecordKey(ExperimentRecord.Kind, experiment.GetProperty("name").GetString()!)));
        var names = truth.GetProperty("experiments").EnumerateArray().ToDictionary(e => e.GetProperty("id").GetString()!, e => e.GetProperty("name").GetString()!);
        var points = 0L;
        foreach (var logged in truth.GetProperty("runs").EnumerateArray())
        {
            var run = await mlops.Runs.GetAsync(RunId.Parse(logged.GetProperty("id").GetString()!, null));
            Assert.Equal(logged.GetProperty("status").GetString(), run.Status.ToString().ToUpperInvariant());
            Assert.Equal(logged.GetProperty("deleted").GetBoolean(), run.Stage == LifecycleStage.Deleted);
            var experiment = await mlops.Context.Store.FindRecordAsync(
                new RecordKey(ExperimentRecord.Kind, names[logged.GetProperty("experiment").GetString()!]));
            Assert.Equal(experiment!.Id, run.ExperimentId.Value);
            Assert.Equal(Texts(logged.GetProperty("params")), run.Params.OrderBy(p => p.Key, StringComparer.Ordinal));
            var series = await mlops.Context.Store.ListSeriesAsync([run.Id.Value]);
            Assert.Equal(
                logged.GetProperty("points").EnumerateObject().Select(p => (RunRecord.MetricSeries(p.Name), p.Value.GetInt64())).Order(),
                series.Select(s => (s.Name, s.Position)).Order());
            points += series.Sum(s => s.Position);
            Assert.Equal(logged.GetProperty("last_loss").GetDouble(), (await ValuesAsync(mlops.Context, run.Id, "loss"))[^1]);
            Assert.Equal(
                [double.NaN, double.PositiveInfinity, double.NegativeInfinity],
                (await ValuesAsync(mlops.Context, run.Id, "odd/key.name"))[..3]);
        }

        Assert.Equal(new MlflowCount(12, 12, 0, 0), report.Runs);
        Assert.Equal(new MlflowCount(points, points, 0, 0), report.Points);
        Assert.Equal(36, report.VerifiedSeries);
    }

    [Theory]
    [InlineData("mlflow.db")]
    [InlineData("mlruns")]
    public async Task Import_again_takesNothing(string store)
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var first = await mlops.Context.ImportMlflowAsync(stores[store], stores.Moved);
        var second = await mlops.Context.ImportMlflowAsync(stores[store], stores.Moved);
        Assert.True(first.Artifacts.Taken > 0);
        Assert.Equal(4, first.Records.Taken); // a model and its three versions
        Assert.Empty(second.Problems);
        Assert.All(
            [second.Experiments, second.Runs, second.Params, second.Tags, second.Points, second.Artifacts, second.Records],
            count => Assert.Equal(new MlflowCount(count.Found, 0, count.Found, 0), count));
        Assert.Equal(first.Points.Taken, second.Points.Present);
    }

    [Fact]
    public async Task Import_whileRunsRunElsewhere_givesThemNoOwnerToLose()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        await mlops.Context.ImportMlflowAsync(stores["mlflow.db"], stores.Moved);
        var page = await mlops.Runs.QueryAsync(new RunQuery { Filter = RunFilter.Status(RunStatus.Running), IncludeDeleted = true });
        Assert.All(page.Runs, run => Assert.Null(run.Owner));
        Assert.NotEmpty(page.Runs);
    }

    [Fact]
    public async Task Import_ofWhatIsNoStore_saysSo()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        Directory.CreateDirectory(stores["empty"]);
        foreach (var path in new[] { stores["empty"], stores["nowhere"], stores["truth-db.json"] })
            await Assert.ThrowsAsync<ArgumentException>(() => mlops.Context.ImportMlflowAsync(path));
    }

    private static IEnumerable<KeyValuePair<string, string>> Texts(JsonElement json) =>
        json.EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value.GetString()!)).OrderBy(p => p.Key, StringComparer.Ordinal);

    private static async Task<List<double>> ValuesAsync(MetadataContext context, RunId run, string key)
    {
        List<double> values = [];
        await foreach (var points in context.Store.ReadSeriesAsync(run.Value, RunRecord.MetricSeries(key), SeriesRange.All, default))
            values.AddRange(points.Numbers.ToArray());
        return values;
    }
}
