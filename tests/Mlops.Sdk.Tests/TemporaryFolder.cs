namespace Mlops.Sdk.Tests;

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mlops-sdk-").FullName;

    public string Store => this[".mlops"];

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public Task<MlopsClient> OpenAsync() => MlopsClient.OpenAsync(new MlopsOptions { Path = Store });

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
