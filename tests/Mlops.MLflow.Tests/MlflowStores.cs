using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Storage;

namespace Mlops.MLflow.Tests;

/// <summary>Stores that MLflow 2.17.2 wrote, unpacked into a folder that goes away with the test.</summary>
internal sealed class MlflowStores : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-mlflow-").FullName;

    public MlflowStores()
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "mlflow-stores.tar.gz"));
        using var tar = new GZipStream(file, CompressionMode.Decompress);
        TarFile.ExtractToDirectory(tar, _folder, overwriteFiles: false);
    }

    public string this[string name] => Path.Combine(_folder, name);

    public MlflowImportOptions Moved => new() { ArtifactRoots = new Dictionary<string, string> { ["/srv/mlflow"] = _folder } };

    public Task<MlopsClient> OpenAsync() => MlopsClient.OpenAsync(new MlopsOptions { Path = this[".mlops"] });

    public JsonElement Truth(string store)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(this[store == "mlflow.db" ? "truth-db.json" : "truth-mlruns.json"]));
        return document.RootElement.Clone();
    }

    public static RunId A { get; } = RunId.Parse(MlflowSchema.RunA, null);

    public static RunId B { get; } = RunId.Parse(MlflowSchema.RunB, null);

    /// <summary>Runs SQL on a database, which is made if it is not there.</summary>
    public string Execute(string name, params string[] statements)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = this[name], Pooling = false }.ToString());
        connection.Open();
        foreach (var sql in statements)
        {
            using var command = connection.CreateCommand();
#pragma warning disable CA2100 // the tests' own texts
            command.CommandText = sql;
#pragma warning restore CA2100
            command.ExecuteNonQuery();
        }

        return this[name];
    }

    /// <summary>Rows of a database that MLflow wrote.</summary>
    public List<object[]> Select(string name, string sql)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = this[name], Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // the tests' own texts
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        List<object[]> rows = [];
        while (reader.Read())
        {
            rows.Add(new object[reader.FieldCount]);
            reader.GetValues(rows[^1]);
        }

        return rows;
    }

    /// <summary>Writes a file, with the folders that it needs.</summary>
    public string Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], text);
        return this[name];
    }

    /// <summary>Writes an experiment with one run into a new <c>mlruns</c> folder, and returns the run's folder, relative.</summary>
    public string WriteRun(string meta = "status: 3", string root = "hand", string run = MlflowSchema.RunA)
    {
        Write($"{root}/1/meta.yaml", "experiment_id: '1'\nname: by hand\nlifecycle_stage: active\n");
        Write($"{root}/1/{run}/meta.yaml", $"run_id: {run}\nrun_name: r\nlifecycle_stage: active\nstart_time: 1500000000000\nend_time: 1500000001000\n{meta}\n");
        return $"{root}/1/{run}";
    }

    public static async Task<List<(long Step, double Value)>> PointsAsync(MetadataContext context, RunId run, string key)
    {
        List<(long, double)> points = [];
        await foreach (var columns in context.Store.ReadSeriesAsync(run.Value, RunRecord.MetricSeries(key), SeriesRange.All, default))
            points.AddRange(columns.Steps.ToArray().Zip(columns.Numbers.ToArray()));
        return points;
    }

    /// <summary>The body of a kept record, as JSON.</summary>
    public static async Task<JsonElement> BodyAsync(MetadataContext context, string kind, string key) =>
        JsonDocument.Parse((await context.Store.FindRecordAsync(new RecordKey(kind, key)))!.Body).RootElement;

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
