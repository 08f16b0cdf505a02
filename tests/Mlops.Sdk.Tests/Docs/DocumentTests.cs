using Microsoft.Data.Sqlite;
using Mlops.Storage.Sqlite;

namespace Mlops.Sdk.Tests.Docs;

public sealed class DocumentTests
{
    public static TheoryData<string> Documents => [.. Repository.Documents];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Blocks_ofCSharp_areCompiledRegions(string document)
    {
        var regions = Repository.Regions.Values.ToHashSet(StringComparer.Ordinal);
        foreach (var (line, code) in Repository.Blocks(document))
            Assert.True(regions.Contains(code), $"{document}:{line} is no region of tests/Mlops.Sdk.Tests/Docs word for word:\n{code}");
    }

    [Fact]
    public void Regions_all_areShownInADocument()
    {
        var blocks = Repository.Documents.SelectMany(Repository.Blocks).Select(b => b.Code).ToHashSet(StringComparer.Ordinal);
        Assert.NotEmpty(blocks);
        Assert.All(Repository.Regions, r => Assert.True(blocks.Contains(r.Value), $"The region '{r.Key}' is in no document."));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_relative_leadSomewhere(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        foreach (System.Text.RegularExpressions.Match link in System.Text.RegularExpressions.Regex.Matches(Repository.Read(document), @"\]\((?<to>[^)#:]+)(#[^)]*)?\)"))
            Assert.True(Path.Exists(Path.Combine(folder, link.Groups["to"].Value)), $"{document} links to {link.Groups["to"].Value}, which is not there.");
    }

    [Fact]
    public async Task StorageFormat_tablesOfANewStore_areAllDescribed()
    {
        using var folder = new TemporaryFolder();
        var file = folder["mlops.db"];
        await using (SqliteMetadataStore.Open(new SqliteStoreOptions { Path = file }))
        {
        }

        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        List<string> tables = [];
        using (var rows = command.ExecuteReader())
        {
            while (rows.Read())
                tables.Add(rows.GetString(0));
        }

        var text = Repository.Read("docs/storage-format.md");
        Assert.NotEmpty(tables);
        Assert.All(tables, table => Assert.Contains($"**`{table}`**:", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Readme_isShortAndHasTheFiguresMarked()
    {
        var text = Repository.Read("README.md");
        Assert.InRange(text.Count(c => c == '\n'), 1, 200);
        Assert.Matches(@"(?s)<!-- figures -->.*\| name \| ours \| baseline \| ratio \| bound \|.*<!-- /figures -->", text);
    }
}
