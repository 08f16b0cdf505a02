using Microsoft.Data.Sqlite;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Sdk.Tests.Operations;

public sealed class CheckTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private MlopsClient _mlops = null!;

    public async Task InitializeAsync()
    {
        _mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = _folder["store"] });
        await using var run = await _mlops.StartRunAsync("check");
        await run.LogTextAsync("an artifact", "a.txt");
        await run.CompleteAsync();
    }

    public async Task DisposeAsync() => await _mlops.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task CheckAsync_allWell_isHealthyAndReadable()
    {
        var report = await _mlops.CheckAsync(readsObjects: true);
        Assert.True(report.IsHealthy, report.ToString());
        Assert.Contains("1 contents are there and whole", report.ToString(), StringComparison.Ordinal);
        Assert.Equal(report.Findings.Count, report.ToString().Split('\n').Length);
    }

    [Fact]
    public async Task CheckAsync_objectMissing_isAnError()
    {
        File.Delete(Object());
        AssertFound(await _mlops.CheckAsync(), CheckSeverity.Error, "missing");
    }

    [Fact]
    public async Task CheckAsync_objectDamaged_isAnErrorWhenItIsRead()
    {
        File.SetAttributes(Object(), FileAttributes.Normal);
        await File.WriteAllTextAsync(Object(), "an artefact");
        Assert.True((await _mlops.CheckAsync()).IsHealthy);
        AssertFound(await _mlops.CheckAsync(readsObjects: true), CheckSeverity.Error, "damaged");
    }

    [Fact]
    public async Task CheckAsync_cellThatIsNoPlace_isAnErrorUntilTheIndexIsMadeAnew()
    {
        await using (var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(_folder["store"], "mlops.db") }))
        {
            var cell = Assert.Single(await store.ListCellsAsync("content/"));
            await store.CommitAsync(new Batch { Actor = "test", ClientTime = DateTimeOffset.UnixEpoch, Cells = [new CellWrite { Key = cell.Key, Value = cell.Value[..20] }] });
        }

        AssertFound(await _mlops.CheckAsync(readsObjects: true), CheckSeverity.Error, "does not say where its content is");
        await _mlops.RebuildContentIndexAsync();
        Assert.True((await _mlops.CheckAsync(readsObjects: true)).IsHealthy);
    }

    [Fact]
    public async Task CheckAsync_objectNamedByNothing_isAWarning()
    {
        var orphan = Path.Combine(_folder["store"], "objects", "sha256", "aa", new string('a', 64));
        Directory.CreateDirectory(Path.GetDirectoryName(orphan)!);
        await File.WriteAllTextAsync(orphan, "orphan");
        AssertFound(await _mlops.CheckAsync(), CheckSeverity.Warning, "1 contents (6 bytes)");
    }

    [Fact]
    public async Task CheckAsync_journalOfADeadClient_isAWarning()
    {
        Directory.CreateDirectory(Path.Combine(_folder["store"], "journal", new RunId(new(42)).ToString()));
        AssertFound(await _mlops.CheckAsync(), CheckSeverity.Warning, "clients that died");
    }

    [Theory]
    [InlineData("UPDATE fields SET type = 9")]
    [InlineData("UPDATE log SET hash = x'00'")]
    [InlineData("UPDATE records SET id = x'00' WHERE rec = 1")]
    [InlineData("DROP TABLE bodies")]
    public async Task CheckAsync_databaseDamaged_saysSoAndLooksAtTheRest(string damage)
    {
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(_folder["store"], "mlops.db")};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = damage;
            command.ExecuteNonQuery();
        }

        var report = await _mlops.CheckAsync();
        Assert.False(report.IsHealthy);
        AssertFound(report, CheckSeverity.Error, "");
        Assert.Contains(report.Findings, f => f.What.Contains("clients on this machine", StringComparison.Ordinal));
        Assert.Contains(report.Findings, f => f.What.Contains("bytes are free", StringComparison.Ordinal));
    }

    private static void AssertFound(CheckReport report, CheckSeverity severity, string what)
    {
        Assert.Contains(report.Findings, f => f.Severity == severity && f.What.Contains(what, StringComparison.Ordinal));
        Assert.Equal(severity != CheckSeverity.Error, report.IsHealthy);
    }

    private string Object() => Directory.GetFiles(Path.Combine(_folder["store"], "objects"), "*", SearchOption.AllDirectories).Single();
}
