namespace Mlops.MLflow;

/// <summary>Finds the local folder of an artifact location as MLflow writes it: a path of any system, or a URI.</summary>
internal sealed class ArtifactLocation(MlflowImportOptions options, string baseFolder)
{
    /// <summary>The folder; null with a reason if it cannot be reached from here.</summary>
    public (string? Folder, string? Reason) Resolve(string uri, string runId)
    {
        var text = Uri.UnescapeDataString(uri.StartsWith("file:", StringComparison.OrdinalIgnoreCase) ? uri : Uri.EscapeDataString(uri))
            .Replace('\\', '/').TrimEnd('/');
        if (text.Split('/').Contains(".."))
            return (null, $"The artifact location '{uri}' has a '..' segment.");

        // MLflow always ends it so; anything else could name any folder of this machine
        if (!text.EndsWith($"/{runId}/artifacts", StringComparison.OrdinalIgnoreCase))
            return (null, $"The artifact location '{uri}' does not end in the run's own folder '{runId}/artifacts'; it was not read.");
        var plain = WithoutFileScheme(text);
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
        if (!hasDrive && plain.Contains(':', StringComparison.Ordinal) && plain.IndexOf(':', StringComparison.Ordinal) < plain.IndexOf('/', StringComparison.Ordinal))
            return (null, $"Artifacts under '{Root(plain, runId)}' are on another system; copy them here and name the folder in ArtifactRoots.");
        if (hasDrive && !OperatingSystem.IsWindows())
            return (null, $"Artifacts under '{Root(plain, runId)}' are on a Windows drive; copy them here and name the folder in ArtifactRoots.");
        return (Path.GetFullPath(plain, baseFolder), null);
    }

    /// <summary>The location of the experiment, above the run's folder.</summary>
    public static string Root(string location, string runId)
    {
        var at = location.LastIndexOf(runId, StringComparison.OrdinalIgnoreCase);
        return at > 1 ? location[..(at - 1)] : location;
    }

    private static string WithoutFileScheme(string text)
    {
        if (!text.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
            return text;
        var path = text["file:".Length..];
        if (path.StartsWith("//", StringComparison.Ordinal))
            path = path[2..] is var rest && rest.StartsWith("localhost/", StringComparison.OrdinalIgnoreCase) ? rest["localhost".Length..] : rest;
        return path.Length > 2 && path[0] == '/' && path[2] == ':' ? path[1..] : path;
    }
}
