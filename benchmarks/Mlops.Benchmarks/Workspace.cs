namespace Mlops.Benchmarks;

/// <summary>A folder under the default temporary folder; <c>TMPDIR</c> moves it to the disk that is to be measured.</summary>
internal sealed class Workspace : IDisposable
{
    private int _next;

    public string Root { get; } = Directory.CreateTempSubdirectory("mlops-figures-").FullName;

    /// <summary>A path in the workspace that nothing has used yet.</summary>
    public string NewPath(string name) => Path.Combine(Root, $"{++_next:D3}-{name}");

    public static void Delete(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        else
            File.Delete(path);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
