using Mlops.Metadata;
using Xunit;

namespace Mlops.MLflow.Tests;

public sealed class OldSchemaTests
{
    [Fact]
    public async Task Import_ofTheFirstSchema_bringsRunsWithPointsAtStepZero()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var path = stores.Execute(
            "old.db",
            MlflowSchema.V0,
            $"""
            INSERT INTO experiments VALUES (0, 'Default');
            INSERT INTO runs VALUES ('{MlflowSchema.RunA}', '', 'LOCAL', 'train.py', 'main', 'ada', 'FINISHED', 1500000000000, 1500000001000, 'c0ffee', 0);
            INSERT INTO params VALUES ('lr', '0.1', '{MlflowSchema.RunA}');
            INSERT INTO metrics VALUES ('loss', 0.5, 1500000000001, '{MlflowSchema.RunA}'), ('loss', 0.25, 1500000000002, '{MlflowSchema.RunA}');
            """);
        var report = await mlops.Context.ImportMlflowAsync(path);
        Assert.Empty(report.Problems);
        var run = await mlops.Runs.GetAsync(MlflowStores.A);
        Assert.Equal((RunStatus.Finished, LifecycleStage.Active), (run.Status, run.Stage));
        Assert.Equal("0.1", run.Params["lr"]);
        Assert.Equal(("ada", "train.py", "c0ffee"), (run.Tags["mlflow.user"], run.Tags["mlflow.source.name"], run.Tags["mlflow.source.git.commit"]));
        Assert.Equal([(0, 0.5), (0, 0.25)], await MlflowStores.PointsAsync(mlops.Context, run.Id, "loss"));
    }

    [Fact]
    public async Task Import_ofASchemaWithoutIndexes_givesEachRunItsOwnRowsInTheOrderOfLogging()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var path = stores.Execute(
            "one.db",
            MlflowSchema.V1,
            MlflowSchema.TwoRuns,
            $"""
            INSERT INTO experiment_tags VALUES ('mlflow.note.content', 'about flights', 1), ('team', 'ops', 1);
            INSERT INTO params VALUES ('lr', '2', '{MlflowSchema.RunB}'), ('lr', '1', '{MlflowSchema.RunA}');
            INSERT INTO tags VALUES ('t', NULL, '{MlflowSchema.RunA}'), ('mlflow.parentRunId', '{MlflowSchema.RunA}', '{MlflowSchema.RunB}');
            INSERT INTO metrics VALUES
                ('loss', 3, 3, '{MlflowSchema.RunB}', 2, 0), ('loss', 9, 1, '{MlflowSchema.RunA}', 7, 0), ('loss', 0, 1, '{MlflowSchema.RunB}', 1, 1),
                ('loss', 1.7976931348623157e308, 1, '{MlflowSchema.RunA}', 6, 0);
            INSERT INTO registered_models VALUES ('m', 1, 2, 'about m');
            INSERT INTO model_versions VALUES ('m', 1, 1, 'somewhere', '{MlflowSchema.RunA}', 'READY');
            """);
        var report = await mlops.Context.ImportMlflowAsync(path, new MlflowImportOptions());
        Assert.Empty(report.Problems);
        Assert.Equal([(7, 9), (6, double.PositiveInfinity)], await MlflowStores.PointsAsync(mlops.Context, MlflowStores.A, "loss"));
        Assert.Equal([(2, 3), (1, double.NaN)], await MlflowStores.PointsAsync(mlops.Context, MlflowStores.B, "loss"));
        var b = await mlops.Runs.GetAsync(MlflowStores.B);
        Assert.Equal(("2", MlflowStores.A), (b.Params["lr"], b.ParentId));
        Assert.Equal("", (await mlops.Runs.GetAsync(MlflowStores.A)).Tags["t"]);
        var experiment = await mlops.Experiments.GetAsync("e");
        Assert.Equal(("about flights", "ops"), (experiment.Description, experiment.Tags["team"]));
        Assert.Equal("about m", (await MlflowStores.BodyAsync(mlops.Context, "mlflow-model", "m")).GetProperty("description").GetString());
        Assert.Equal("READY", (await MlflowStores.BodyAsync(mlops.Context, "mlflow-model-version", "m/1")).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Import_ofOldFiles_readsNumbersOfStatusAndLinesOfTwoColumns()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var run = stores.WriteRun("status: 5\nsource_version: c0ffee\nuser_id: ada\ntags: []");
        stores.Write($"{run}/metrics/loss", "1500000000001 0.5\n1500000000002 -inf\n\n1500000000003 nan\n1500000000004 1e-3 7\n");
        var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Empty(report.Problems);
        Assert.Equal(RunStatus.Killed, (await mlops.Runs.GetAsync(MlflowStores.A)).Status);
        Assert.Equal("c0ffee", (await mlops.Runs.GetAsync(MlflowStores.A)).Tags["mlflow.source.git.commit"]);
        Assert.Equal(
            [(0, 0.5), (0, double.NegativeInfinity), (0, double.NaN), (7, 1e-3)], await MlflowStores.PointsAsync(mlops.Context, MlflowStores.A, "loss"));
    }

    [Fact]
    public async Task Import_ofAnExperimentInTheTrash_bringsItAndItsRunsDeleted()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        stores.WriteRun();
        Directory.CreateDirectory(stores["hand/.trash"]);
        Directory.Move(stores["hand/1"], stores["hand/.trash/1"]);
        var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Empty(report.Problems);
        Assert.Equal(LifecycleStage.Deleted, (await mlops.Experiments.GetAsync("by hand")).Stage);
        Assert.Equal(LifecycleStage.Deleted, (await mlops.Runs.GetAsync(MlflowStores.A)).Stage);

        Directory.Move(stores["hand/.trash/1"], stores["hand/1"]);
        await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Equal(LifecycleStage.Active, (await mlops.Experiments.GetAsync("by hand")).Stage);
        Assert.Equal(LifecycleStage.Active, (await mlops.Runs.GetAsync(MlflowStores.A)).Stage);
    }
}
