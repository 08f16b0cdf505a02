using Mlops.Metadata;
using Mlops.Storage;
using Xunit;

namespace Mlops.MLflow.Tests;

/// <summary>What MLflow 3 added: models that are no files of a run, what goes in and out of runs, traces.</summary>
public sealed class LoggedModelTests
{
    private const string Model = "m-0123456789abcdef0123456789abcdef";

    [Fact]
    public async Task Import_ofTheTablesOfMlflow3_keepsWhatHasAPlaceAndCountsTheRest()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        stores.Write($"artifacts/models/{Model}/artifacts/MLmodel", "flavors: {}");
        var path = stores.Execute(
            "three.db",
            MlflowSchema.V1,
            MlflowSchema.V3,
            MlflowSchema.TwoRuns,
            $"""
            INSERT INTO datasets VALUES ('d1', 1, 'flights', 'abc', 'local', 'somewhere');
            INSERT INTO inputs VALUES ('i1', 'DATASET', 'd1', 'RUN', '{MlflowSchema.RunA}', 0), ('i2', 'RUN_OUTPUT', '{MlflowSchema.RunA}', 'MODEL_OUTPUT', '{Model}', 3);
            INSERT INTO input_tags VALUES ('i1', 'mlflow.data.context', 'training');
            INSERT INTO logged_models VALUES ('{Model}', 1, 'tree', '{stores["artifacts"]}/models/{Model}/artifacts', 1, 2, 2, 'active', '', '{MlflowSchema.RunA}', NULL);
            INSERT INTO logged_model_params VALUES ('{Model}', 1, 'depth', '4');
            INSERT INTO logged_model_tags VALUES ('{Model}', 1, 'team', 'ops');
            INSERT INTO logged_model_metrics VALUES ('{Model}', 'auc', 5, 1, 0.75, 1, '{MlflowSchema.RunA}', NULL, NULL, NULL);
            INSERT INTO trace_info VALUES ('t1', 1, 1), ('t2', 1, 2);
            INSERT INTO spans VALUES ('t1', 's', '');
            """);
        var report = await mlops.Context.ImportMlflowAsync(path);
        Assert.Equal([("table spans", 1L), ("table trace_info", 2L)], report.Problems.Select(p => (p.Place, p.Count)));
        Assert.Equal(new MlflowCount(7, 4, 0, 3), report.Records);
        var model = await MlflowStores.BodyAsync(mlops.Context, "mlflow-logged-model", Model);
        Assert.Equal("4", model.GetProperty("params").GetProperty("depth").GetString());
        Assert.Equal("ops", model.GetProperty("tags").GetProperty("team").GetString());
        Assert.Equal(0.75, model.GetProperty("metrics")[0].GetProperty("metric_value").GetDouble());
        foreach (var key in new[] { "i1", "i2" })
            Assert.Equal(MlflowStores.A.Value, (await mlops.Context.Store.FindRecordAsync(new RecordKey("mlflow-input", key)))!.Find("run")!.Value.AsReference);
        Assert.Equal($"models/{Model}/MLmodel", Assert.Single(await mlops.Runs.ListArtifactsAsync(MlflowStores.A)).Path.Value);

        var second = await mlops.Context.ImportMlflowAsync(path);
        Assert.Equal((0, 4), (second.Records.Taken, second.Records.Present));
        Assert.Equal(new MlflowCount(1, 0, 1, 0), second.Artifacts);
    }

    [Fact]
    public async Task Import_ofTheFoldersOfMlflow3_keepsWhatHasAPlaceAndCountsTheRest()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var run = stores.WriteRun();
        var input = $"source_type: DATASET\nsource_id: d1\ndestination_type: RUN\ndestination_id: {MlflowSchema.RunA}\n";
        stores.Write($"{run}/inputs/i1/meta.yaml", input + "tags:\n  mlflow.data.context: training\n");
        stores.Write($"{run}/outputs/{Model}/meta.yaml", $"source_type: RUN_OUTPUT\nsource_id: {MlflowSchema.RunA}\ndestination_type: MODEL_OUTPUT\ndestination_id: {Model}\nstep: 3\ntags: {{}}\n");
        stores.Write($"{run}/metrics/auc", $"5 0.75 1 flights abc\n");
        stores.Write("hand/1/datasets/d1/meta.yaml", "name: flights\ndigest: abc\n");
        stores.Write($"hand/1/models/{Model}/meta.yaml", $"model_id: {Model}\nsource_run_id: {MlflowSchema.RunA}\nartifact_location: /gone/1/models/{Model}/artifacts\n");
        stores.Write($"hand/1/models/{Model}/params/depth", "4");
        stores.Write($"hand/1/models/{Model}/artifacts/MLmodel", "flavors: {}");
        stores.Write("hand/1/traces/tr-1/trace_info.yaml", "");
        stores.Write("hand/1/traces/tr-2/trace_info.yaml", "");
        var report = await mlops.Context.ImportMlflowAsync(stores["hand"]);
        Assert.Equal(2, Assert.Single(report.Problems).Count);
        Assert.Equal(new MlflowCount(6, 4, 0, 2), report.Records);
        Assert.Equal(1, report.Points.Taken);
        Assert.Equal("4", (await MlflowStores.BodyAsync(mlops.Context, "mlflow-logged-model", Model)).GetProperty("params").GetProperty("depth").GetString());
        var kept = await MlflowStores.BodyAsync(mlops.Context, "mlflow-input", $"{MlflowSchema.RunA}/i1");
        Assert.Equal("training", kept.GetProperty("tags").GetProperty("mlflow.data.context").GetString());
        Assert.Equal($"models/{Model}/MLmodel", Assert.Single(await mlops.Runs.ListArtifactsAsync(MlflowStores.A)).Path.Value);
    }

    [Fact]
    public async Task Import_ofTwoStoresWithAModelOfOneName_keepsBoth()
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        foreach (var (name, created) in new[] { ("x.db", 1), ("y.db", 2), ("x.db", 1) })
        {
            var path = File.Exists(stores[name]) ? stores[name] : stores.Execute(
                name,
                MlflowSchema.V1,
                $"INSERT INTO registered_models VALUES ('m', {created}, 2, 'from {name}'); INSERT INTO model_versions VALUES ('m', 1, 1, '{name}', NULL, 'READY');");
            Assert.Empty((await mlops.Context.ImportMlflowAsync(path)).Problems);
        }

        Assert.Equal("from x.db", (await MlflowStores.BodyAsync(mlops.Context, "mlflow-model", "m")).GetProperty("description").GetString());
        Assert.Equal("from y.db", (await MlflowStores.BodyAsync(mlops.Context, "mlflow-model", "m (2)")).GetProperty("description").GetString());
        Assert.Equal("x.db", (await MlflowStores.BodyAsync(mlops.Context, "mlflow-model-version", "m/1")).GetProperty("source").GetString());
        Assert.Equal("y.db", (await MlflowStores.BodyAsync(mlops.Context, "mlflow-model-version", "m (2)/1")).GetProperty("source").GetString());
    }
}
