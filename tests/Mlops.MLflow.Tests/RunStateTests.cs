using System.Text;
using Mlops.Metadata;
using Xunit;

namespace Mlops.MLflow.Tests;

public sealed class RunStateTests
{
    [Fact]
    public async Task Import_ofARunThatGoesOn_hasNoEndAnyMore()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var path = stores.Execute("one.db", MlflowSchema.V1, MlflowSchema.TwoRuns);
        await mlops.Context.ImportMlflowAsync(path);
        Assert.NotNull((await mlops.Runs.GetAsync(MlflowStores.A)).EndTime);
        stores.Execute("one.db", $"UPDATE runs SET status = 'RUNNING', end_time = NULL WHERE run_uuid = '{MlflowSchema.RunA}'");
        await mlops.Context.ImportMlflowAsync(path);
        var run = await mlops.Runs.GetAsync(MlflowStores.A);
        Assert.Equal((RunStatus.Running, null), (run.Status, run.EndTime));
    }

    [Fact]
    public async Task Import_ofARunRestoredInMlflow_restoresIt_andLeavesOneDeletedHere()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var path = stores.Execute("one.db", MlflowSchema.V1, MlflowSchema.TwoRuns, $"UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = '{MlflowSchema.RunA}'");
        await mlops.Context.ImportMlflowAsync(path);
        Assert.Equal(LifecycleStage.Deleted, (await mlops.Runs.GetAsync(MlflowStores.A)).Stage);
        await mlops.Runs.DeleteAsync(MlflowStores.B);
        stores.Execute("one.db", "UPDATE runs SET lifecycle_stage = 'active'");
        var report = await mlops.Context.ImportMlflowAsync(path);
        Assert.Equal(1, report.Runs.Taken);
        Assert.Equal(LifecycleStage.Active, (await mlops.Runs.GetAsync(MlflowStores.A)).Stage);
        Assert.Equal(LifecycleStage.Deleted, (await mlops.Runs.GetAsync(MlflowStores.B)).Stage);
    }

    [Fact]
    public async Task Import_ofANote_makesItTheNotesOfTheRun_untilMlflowSaysAnother()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var run = stores.WriteRun();
        stores.Write($"{run}/tags/mlflow.note.content", "# first\nline");
        await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Equal("# first\nline", (await mlops.Runs.GetAsync(MlflowStores.A)).Notes);
        await mlops.Context.CommitAsync([RunRecord.Edited(MlflowStores.A, [RunRecord.Noted("mine")])]);
        await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Equal("mine", (await mlops.Runs.GetAsync(MlflowStores.A)).Notes);
        stores.Write($"{run}/tags/mlflow.note.content", "second");
        await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Equal("second", (await mlops.Runs.GetAsync(MlflowStores.A)).Notes);
    }

    [Fact]
    public async Task Import_ofTooLongValues_makesThemArtifactsAndPointsToThem()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var run = stores.WriteRun();
        var text = new string('ü', EntityText.MaxValueLength + 1);
        stores.Write($"{run}/params/../params/a/b", text);
        stores.Write($"{run}/tags/mlflow.note.content", text);
        for (var i = 0; i < 2; i++)
        {
            var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
            Assert.Empty(report.Problems);
            Assert.Equal((1, 1), (report.Params.Found, report.Tags.Found));
            Assert.Equal(i, report.Params.Present);
        }

        var here = await mlops.Runs.GetAsync(MlflowStores.A);
        var artifacts = (await mlops.Runs.ListArtifactsAsync(MlflowStores.A)).ToDictionary(a => $"artifact:{a.Path}", a => a.Digest);
        Assert.Equal(2, artifacts.Count);
        Assert.Equal(here.Tags["mlflow.note.content"], here.Notes);
        foreach (var pointer in new[] { here.Params["a/b"], here.Tags["mlflow.note.content"] })
            Assert.Equal(text, Encoding.UTF8.GetString(await mlops.Context.Content.ReadAllAsync(artifacts[pointer])));
    }

    [Fact]
    public async Task Import_ofAParameterThatDiffersHere_countsItAndLeavesIt()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var run = stores.WriteRun();
        stores.Write($"{run}/params/lr", "1");
        await mlops.Context.ImportMlflowAsync(stores["hand"]);
        stores.Write($"{run}/params/lr", "2");
        var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Equal(new MlflowCount(1, 0, 0, 1), report.Params);
        Assert.Contains("'1'", Assert.Single(report.Problems).Reason, StringComparison.Ordinal);
        var here = await mlops.Runs.GetAsync(MlflowStores.A);
        Assert.Equal("1", here.Params["lr"]);
        Assert.Empty(here.Conflicts);
    }

    [Fact]
    public async Task Import_ofAFolderThatGrew_takesWhatIsNew()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var run = stores.WriteRun("status: 1");
        stores.Write($"{run}/metrics/loss", "1 0.5 1\n2 0.4 2\n");
        await mlops.Context.ImportMlflowAsync(stores["hand"]);
        await File.AppendAllTextAsync(stores[$"{run}/metrics/loss"], "3 0.3 3\n");
        stores.Write($"{run}/metrics/auc", "3 0.9 3\n");
        stores.Write($"{run}/params/late", "1");
        stores.WriteRun(run: MlflowSchema.RunB);
        var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Empty(report.Problems);
        Assert.Equal(new MlflowCount(4, 2, 2, 0), report.Points);
        Assert.Equal(new MlflowCount(2, 2, 0, 0), report.Runs);
        Assert.Equal(2, report.VerifiedSeries);
        Assert.Equal([(1, 0.5), (2, 0.4), (3, 0.3)], await MlflowStores.PointsAsync(mlops.Context, MlflowStores.A, "loss"));
    }

    [Fact]
    public async Task Import_ofACurveThatChangedAtItsBeginning_takesNothingBehindIt()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var run = stores.WriteRun();
        stores.Write($"{run}/metrics/loss", "1 0.5 1\n2 0.4 2\n");
        await mlops.Context.ImportMlflowAsync(stores["hand"]);
        stores.Write($"{run}/metrics/loss", "1 0.6 1\n2 0.4 2\n3 0.3 3\n4 0.2 4\n");
        var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Equal((0, 2), (report.Points.Taken, report.Points.Refused));
        Assert.NotEmpty(report.Problems);
        Assert.Equal([(1, 0.5), (2, 0.4)], await MlflowStores.PointsAsync(mlops.Context, MlflowStores.A, "loss"));
    }
}
