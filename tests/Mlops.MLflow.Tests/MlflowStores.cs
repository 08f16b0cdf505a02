using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Mlops.Sdk;

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

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
