namespace Mlops.MLflow;

/// <summary>Finds the local folder of an artifact location as MLflow writes it: a path of any system, or a URI.</summary>
internal sealed class ArtifactLocation(MlflowImportOptions options, string baseFolder)
{
    private const string FileScheme = "file:";

    /// <summary>The folder; null with a reason if it cannot be reached from here.</summary>
    /// <param name="uri">The location.</param>
    /// <param name="ownerId">The id of the run or model whose location it is.</param>
    public (string? Folder, string? Reason) Resolve(string uri, string ownerId)
    {
        var isFile = uri.StartsWith(FileScheme, StringComparison.OrdinalIgnoreCase);
        var text = (isFile ? Uri.UnescapeDataString(uri) : uri).Replace('\\', '/').TrimEnd('/');
        if (text.Split('/').Contains(".."))
            return (null, $"The artifact location '{uri}' has a '..' segment.");

        // MLflow always ends it so; anything else could name any folder of this machine
        if (!text.EndsWith($"/{ownerId}/artifacts", StringComparison.OrdinalIgnoreCase))
            return (null, $"The artifact location '{uri}' does not end in '{ownerId}/artifacts', a folder of its own; it was not read.");
        var plain = isFile ? WithoutScheme(text) : text;
        foreach (var (from, to) in options.ArtifactRoots.OrderByDescending(r => r.Key.Length))
        {
            var prefix = from.Replace('\\', '/').TrimEnd('/');
            foreach (var candidate in new[] { text, plain })
            {
                if (candidate.StartsWith(prefix + "/", StringComparison.Ordinal))
                    return (Path.Combine(to, candidate[(prefix.Length + 1)..]), null);
            }
        }

        var hasDrive = plain.Length > 1 && plain[1] == ':' && char.IsAsciiLetter(plain[0]);
        var isElsewhere = hasDrive || plain.StartsWith("//", StringComparison.Ordinal)
            ? !OperatingSystem.IsWindows()
            : plain.Split('/')[0].Contains(':', StringComparison.Ordinal);
        return isElsewhere
            ? (null, $"Artifacts under '{Root(text, ownerId)}' are on another system; copy them here and name the folder in ArtifactRoots.")
            : (Path.GetFullPath(plain, baseFolder), null);
    }

    /// <summary>The location of the experiment, above the folder of the run or model.</summary>
    public static string Root(string location, string ownerId)
    {
        var at = location.LastIndexOf(ownerId, StringComparison.OrdinalIgnoreCase);
        return at > 1 ? location[..(at - 1)] : location;
    }

    // what is behind two slashes is a host, as in //host/share/folder; a third slash begins a path of this one
    private static string WithoutScheme(string text)
    {
        var path = text[FileScheme.Length..];
        foreach (var local in new[] { "///", "//localhost/" })
        {
            if (path.StartsWith(local, StringComparison.OrdinalIgnoreCase))
                path = path[(local.Length - 1)..];
        }

        return path.Length > 2 && path[0] == '/' && path[2] == ':' ? path[1..] : path;
    }
}
