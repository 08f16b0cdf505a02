using Mlops.Sdk;

namespace Mlops.Onnx.Tests;

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryStore : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("mlops-onnx-").FullName;

    public Task<MlopsClient> OpenAsync() => MlopsClient.OpenAsync(new MlopsOptions { Path = Path.Combine(_path, ".mlops") });

    public string PathOf(string name) => Path.Combine(_path, name);

    public string Write(string name, byte[] content)
    {
        var file = PathOf(name);
        File.WriteAllBytes(file, content);
        return file;
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
