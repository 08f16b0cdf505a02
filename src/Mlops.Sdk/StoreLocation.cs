namespace Mlops.Sdk;

/// <summary>Finds the folder of the store.</summary>
internal static class StoreLocation
{
    public const string FolderName = ".mlops";
    public const string Variable = "MLOPS_URI";

    /// <summary>The absolute path of the store's folder, which may not exist yet.</summary>
    /// <exception cref="ArgumentException">Both a path and a URI are given, or the URI is not one that this package knows.</exception>
    public static string Resolve(MlopsOptions options, string currentDirectory, string? variable)
    {
        if (options.Path is { } path)
        {
            if (options.Uri is not null)
                throw new ArgumentException("MlopsOptions.Path and MlopsOptions.Uri are both set; set one of them.", nameof(options));
            return path.Length > 0
                ? Path.GetFullPath(path, currentDirectory)
                : throw new ArgumentException("MlopsOptions.Path is empty; leave it null for the default.", nameof(options));
        }

        if (options.Uri is { } uri)
            return FromUri(uri, "MlopsOptions.Uri");
        return string.IsNullOrEmpty(variable) ? Nearest(currentDirectory) : FromUri(variable, Variable);
    }

    private static string FromUri(string text, string source)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
            throw new ArgumentException($"{source} is not an absolute URI; for a folder write file:///path/to/{FolderName}.");
        return uri.Scheme switch
        {
            "file" when !uri.IsUnc && uri.Query.Length == 0 && uri.Fragment.Length == 0 => Path.GetFullPath(uri.LocalPath),
            "file" => throw new ArgumentException(
                $"{source} names a network share or has a query or fragment. SQLite and the journal need a local disk: use file:///path/to/{FolderName}."),

            // the value may hold a password, so the message names the scheme only
            _ => throw new ArgumentException(
                $"{source} has the scheme '{uri.Scheme}', which Mlops.Sdk does not know by itself. It knows file:///path/to/{FolderName}; stores on other systems come as packages of their own, switched on by a Use… call on the options."),
        };
    }

    private static string Nearest(string currentDirectory)
    {
        for (var folder = new DirectoryInfo(currentDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, FolderName);
            if (Directory.Exists(candidate))
                return candidate;
        }

        return Path.Combine(currentDirectory, FolderName);
    }
}
