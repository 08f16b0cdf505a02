namespace Mlops.Storage;

/// <summary>Switches on objects in a folder, which may be on a network file system that all clients mount.</summary>
public static class FolderObjectsExtensions
{
    /// <summary>Keeps objects in this folder, created at first use.</summary>
    /// <param name="options">The options.</param>
    /// <param name="path">The folder; a relative path is taken from the current one.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public static TOptions UseFolderObjects<TOptions>(this TOptions options, string path)
        where TOptions : class, IStorageOptions
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Objects = ObjectStoreSource.OfFolder(path);
        return options;
    }
}
