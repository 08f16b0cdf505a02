namespace Mlops.MLflow;

/// <summary>Lists folders of the source in a fixed order. Links are reported, never followed, so that nothing outside is read.</summary>
internal static class SourceFolder
{
    public static List<string> Folders(string folder, Tally tally) =>
        [.. Entries(folder, tally).OfType<DirectoryInfo>().Select(d => d.FullName)];

    /// <summary>All files in a folder and below; none if it does not exist.</summary>
    public static IEnumerable<string> FilesBelow(string folder, Tally tally)
    {
        foreach (var entry in Entries(folder, tally))
        {
            if (entry is FileInfo)
            {
                yield return entry.FullName;
                continue;
            }

            foreach (var file in FilesBelow(entry.FullName, tally))
                yield return file;
        }
    }

    private static List<FileSystemInfo> Entries(string folder, Tally tally)
    {
        try
        {
            var entries = new DirectoryInfo(folder);
            if (!entries.Exists)
                return [];
            if (entries.LinkTarget is { } target)
            {
                tally.Report(folder, $"The link to '{target}' was not followed. Put the folder itself there.");
                return [];
            }

            List<FileSystemInfo> kept = [];
            foreach (var entry in entries.EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
            {
                if (entry.LinkTarget is null)
                    kept.Add(entry);
                else
                    tally.Report(entry.FullName, $"The link to '{entry.LinkTarget}' was not followed. Put the file itself there.");
            }

            return kept;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            tally.Report(folder, $"The folder cannot be read: {e.Message}");
            return [];
        }
    }
}
