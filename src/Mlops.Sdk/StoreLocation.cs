using System.Security.Cryptography;
using System.Text;
using Mlops.Storage;

namespace Mlops.Sdk;

/// <summary>Where the store of a client is: a folder with everything in it, or sources elsewhere and a local journal.</summary>
/// <param name="Name">The folder, or the location of the metadata store; no secret.</param>
/// <param name="JournalPath">The folder of the journals.</param>
/// <param name="Metadata">The metadata store; null for the file in the folder.</param>
/// <param name="Objects">The object store; null for the one in the folder.</param>
internal sealed record StoreLocation(string Name, string JournalPath, MetadataStoreSource? Metadata, ObjectStoreSource? Objects)
{
    public const string FolderName = ".mlops";
    public const string Variable = "MLOPS_URI";
    private const string ObjectsKey = "objects";

    /// <summary>Finds the store; nothing is touched.</summary>
    /// <exception cref="ArgumentException">The options contradict each other, or a URI is not one that is known.</exception>
    public static StoreLocation Resolve(MlopsOptions options, string currentDirectory, string? variable)
    {
        IStorageOptions storage = options;
        if (storage.Metadata is { } metadata)
        {
            return options.Path is null && options.Uri is null
                ? Elsewhere(options, metadata, storage.Objects)
                : throw new ArgumentException("The options name a store twice: by a Use… call and by Path or Uri; use one.", nameof(options));
        }

        if (options.Path is { } path)
        {
            if (options.Uri is not null)
                throw new ArgumentException("MlopsOptions.Path and MlopsOptions.Uri are both set; set one of them.", nameof(options));
            return path.Length > 0
                ? Folder(options, Path.GetFullPath(path, currentDirectory), storage.Objects)
                : throw new ArgumentException("MlopsOptions.Path is empty; leave it null for the default.", nameof(options));
        }

        if (options.Uri is { } uri)
            return FromUri(options, uri, "MlopsOptions.Uri");
        return string.IsNullOrEmpty(variable) ? Folder(options, Nearest(currentDirectory), storage.Objects) : FromUri(options, variable, Variable);
    }

    private static StoreLocation Folder(MlopsOptions options, string folder, ObjectStoreSource? objects) =>
        new(folder, options.JournalPath is { } path ? JournalIn(path, folder) : Path.Combine(folder, "journal"), null, objects);

    private static StoreLocation Elsewhere(MlopsOptions options, MetadataStoreSource metadata, ObjectStoreSource? objects)
    {
        if (objects is null)
        {
            throw new ArgumentException(
                $"The store {metadata.Location} keeps no objects; name a place for them: ?{ObjectsKey}=file:///mnt/team in the URI, or UseFolderObjects(path).");
        }

        var journal = JournalIn(options.JournalPath ?? LocalJournals(), $"{metadata.Location}\n{objects.Location}");
        return new StoreLocation(metadata.Location, journal, metadata, objects);
    }

    private static StoreLocation FromUri(MlopsOptions options, string text, string source)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
            throw new ArgumentException($"{source} is not an absolute URI; for a folder write file:///path/to/{FolderName}.");
        IStorageOptions storage = options;
        if (!storage.MetadataSchemes.TryGetValue(uri.Scheme, out var open) && uri.Scheme != "file")
            throw Unknown(source, uri.Scheme, $"file:///path/to/{FolderName}");
        var (rest, named) = TakeObjects(uri);
        var objects = storage.Objects ?? (named is null ? null : ObjectsFrom(options, named, source));
        return open is null ? Folder(options, FolderOf(rest, source), objects) : Elsewhere(options, open(rest), objects);
    }

    private static ObjectStoreSource ObjectsFrom(IStorageOptions options, string text, string source)
    {
        source = $"'{ObjectsKey}' in {source}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
            throw new ArgumentException($"{source} is not an absolute URI; for a folder write {ObjectsKey}=file:///mnt/team.");
        if (uri is { Scheme: "file", Query.Length: 0, Fragment.Length: 0 })
            return ObjectStoreSource.OfFolder(uri.LocalPath);
        return options.ObjectSchemes.TryGetValue(uri.Scheme, out var open) ? open(uri) : throw Unknown(source, uri.Scheme, "file:///folder");
    }

    /// <summary>The URI without its parameter for objects, and that parameter.</summary>
    private static (Uri Store, string? Objects) TakeObjects(Uri uri)
    {
        const string Start = ObjectsKey + "=";
        var pairs = uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries);
        var objects = Array.Find(pairs, p => p.StartsWith(Start, StringComparison.Ordinal));
        var rest = new UriBuilder(uri) { Query = string.Join('&', pairs.Where(p => p != objects)) };
        return (rest.Uri, objects is null ? null : Uri.UnescapeDataString(objects[Start.Length..]));
    }

    private static string FolderOf(Uri uri, string source) => !uri.IsUnc && uri.Query.Length == 0 && uri.Fragment.Length == 0
        ? Path.GetFullPath(uri.LocalPath)
        : throw new ArgumentException(
            $"{source} names a network share, or has a fragment or a query other than ?{ObjectsKey}=. SQLite and the journal need a local disk: use file:///path/to/{FolderName}.");

    // the value may hold a password, so the message names the scheme only
    private static ArgumentException Unknown(string source, string scheme, string known)
    {
        var remedy = scheme switch
        {
            "postgres" or "postgresql" => "add the package Mlops.Storage.PostgreSql and call UsePostgreSql() on the options",
            "s3" => "add the package Mlops.Storage.S3 and call UseS3Objects() on the options",
            "azblob" => "add the package Mlops.Storage.AzureBlobs and call UseAzureBlobObjects() on the options",
            _ => "stores on other systems come as packages of their own, switched on by a Use… call on the options",
        };
        return new ArgumentException($"{source} has the scheme '{scheme}', which is not known here; {remedy}. Mlops.Sdk itself knows {known}.");
    }

    /// <summary>A folder of the store: whoever recovers journals must meet none of another store.</summary>
    private static string JournalIn(string folder, string identity) =>
        Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 16)));

    private static string LocalJournals()
    {
        var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        if (data.Length == 0)
        {
            throw new ArgumentException(
                "This account has no folder for local application data, where the journal would stand; set MlopsOptions.JournalPath to a folder on a local disk.");
        }

        return Path.Combine(data, "mlops", "journal");
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
