namespace Mlops.Storage;

/// <summary>An object store that can be opened. Opening touches nothing; only using it does.</summary>
/// <param name="Location">Which store it is, without secrets.</param>
/// <param name="Open">Opens it with the given clock.</param>
public sealed record ObjectStoreSource(string Location, Func<TimeProvider, IObjectStore> Open)
{
    /// <summary>A folder, created at first use; a relative path is taken from the current one.</summary>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public static ObjectStoreSource OfFolder(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return new ObjectStoreSource(new Uri(full).AbsoluteUri, time => new FolderObjectStore(full, time));
    }
}
