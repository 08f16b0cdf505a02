using System.Text.RegularExpressions;

namespace Mlops.Architecture.Tests;

/// <summary>The shape of the source: small files, each named by the one public type in it, in folders named by the domain.</summary>
public sealed partial class SourceTests
{
    private const int MostLines = 400;

    [Fact]
    public void A_file_holds_at_most_one_public_type_and_is_named_by_it() =>
        Offenders.AssertNone(
            from path in House.Sources
            let types = PublicType().Matches(Read(path)).Select(match => match.Groups["name"].Value).ToList()
            where types.Count > 1 || (types.Count == 1 && Path.GetFileName(path).Split('.', '`')[0] != types[0])
            select $"{path}: {string.Join(", ", types)}");

    [Fact]
    public void No_file_is_long() =>
        Offenders.AssertNone(House.Sources
            .Select(path => (path, lines: CountLines(path)))
            .Where(file => file.lines > MostLines)
            .Select(file => $"{file.path}: {file.lines} lines"));

    [Fact]
    public void Most_files_are_short()
    {
        var lengths = House.Sources.Select(CountLines).Order().ToList();

        Assert.InRange(lengths[lengths.Count / 2], 0, 100);
        Assert.InRange(lengths[lengths.Count * 9 / 10], 0, 300);
    }

    [Fact]
    public void Folders_are_domain_words_and_at_most_two_deep() =>
        Offenders.AssertNone(House.Sources.Where(path =>
            path.Split('/') is var parts && (parts.Length > 5 || parts.Any(part => Catchall().IsMatch(part)))));

    [Fact]
    public void Namespaces_are_domain_words() =>
        Offenders.AssertNone(House.AllTypes
            .Where(type => type.Namespace is { } name && name.Split('.').Any(part => Catchall().IsMatch(part)))
            .Select(type => type.FullName));

    private static string Read(string path) => File.ReadAllText(Path.Combine(House.Root, path));

    private static int CountLines(string path) => File.ReadLines(Path.Combine(House.Root, path)).Count();

    [GeneratedRegex(@"^public\s+(?:[a-z]+\s+)*(?:class|record|struct|interface|enum|delegate\s+\S+)\s+(?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    [GeneratedRegex("^(Helpers?|Utils?|Utilities|Managers?|Common|Misc)$", RegexOptions.IgnoreCase)]
    private static partial Regex Catchall();
}
