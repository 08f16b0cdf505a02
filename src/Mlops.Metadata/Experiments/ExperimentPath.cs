namespace Mlops.Metadata;

/// <summary>
/// Where a name is divided into folders. Names are free, and imported ones look like anything: so a slash divides only between
/// two other characters, the first of several in a row, and the rest belong to the segments.
/// </summary>
internal static class ExperimentPath
{
    public static string FolderOf(string name)
    {
        for (var i = name.Length - 2; i > 0; i--)
        {
            if (Divides(name, i))
                return name[..i];
        }

        return "";
    }

    /// <summary>The folder directly in <paramref name="folder"/> in which a name below it is; null if it is directly there.</summary>
    public static string? Next(string folder, string name)
    {
        for (var i = folder.Length == 0 ? 1 : folder.Length + 1; i < name.Length - 1; i++)
        {
            if (Divides(name, i))
                return name[..i];
        }

        return null;
    }

    /// <summary>Whether a name is in a folder or below it.</summary>
    public static bool IsBelow(string folder, string name) =>
        folder.Length == 0
        || (name.Length > folder.Length && name.StartsWith(folder, StringComparison.Ordinal) && Divides(name, folder.Length));

    private static bool Divides(string name, int at) => at > 0 && at < name.Length - 1 && name[at] == '/' && name[at - 1] != '/';
}
