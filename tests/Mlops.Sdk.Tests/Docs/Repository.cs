using System.Text.RegularExpressions;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>The documents, the code blocks in them, and the marked regions of the sources here.</summary>
internal static partial class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>README.md and docs/*.md, relative to the root.</summary>
    public static IReadOnlyList<string> Documents { get; } =
        ["README.md", .. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").Select(f => $"docs/{Path.GetFileName(f)}").Order(StringComparer.Ordinal)];

    public static string Read(string document) => File.ReadAllText(Path.Combine(Root, document)).ReplaceLineEndings("\n");

    /// <summary>The C# blocks of a document, each with its line.</summary>
    public static IReadOnlyList<(int Line, string Code)> Blocks(string document)
    {
        var text = Read(document);
        return [.. Block().Matches(text).Select(m => (text[..m.Index].Count(c => c == '\n') + 1, Normalise(m.Groups["code"].Value)))];
    }

    /// <summary>The marked regions by name.</summary>
    public static IReadOnlyDictionary<string, string> Regions { get; } = Directory
        .GetFiles(Path.Combine(Root, "tests", "Mlops.Sdk.Tests", "Docs"), "*.cs")
        .SelectMany(f => Region().Matches(File.ReadAllText(f).ReplaceLineEndings("\n")))
        .ToDictionary(m => m.Groups["name"].Value, m => Normalise(m.Groups["code"].Value), StringComparer.Ordinal);

    // the indentation that all lines share, and what stands at the ends, do not count
    private static string Normalise(string code)
    {
        var lines = code.Trim('\n').Split('\n').Select(l => l.TrimEnd()).ToList();
        var indent = lines.Where(l => l.Length > 0).Min(l => l.Length - l.TrimStart().Length);
        return string.Join('\n', lines.Select(l => l.Length > 0 ? l[indent..] : l)).Trim('\n');
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Mlops.Sdk.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No Mlops.Sdk.sln above {AppContext.BaseDirectory}.");
    }

    [GeneratedRegex(@"^ *``` *(?:csharp|cs|c#)\b[^\n]*\n(?<code>.*?)^ *```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Block();

    [GeneratedRegex(@"^ *#region (?<name>[^\n]+)\n(?<code>.*?)^ *#endregion", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Region();
}
