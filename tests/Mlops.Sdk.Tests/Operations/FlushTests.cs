using Microsoft.Data.Sqlite;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Sdk.Tests.Operations;

/// <summary>What takes a store elsewhere, while what the client logged cannot get into it.</summary>
public sealed class FlushTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("backup")]
    [InlineData("copy")]
    [InlineData("export")]
    [InlineData("export query")]
    public async Task Operation_whatWasLoggedWaits_throwsAndTakesNothing(string operation)
    {
        await using var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = _folder.Store, FlushBound = TimeSpan.FromMilliseconds(50) });
        await using var target = await MlopsClient.OpenAsync(new MlopsOptions { Path = _folder["target"] });
        await using var run = await mlops.StartRunAsync("e");
        using (Hold())
        {
            run.LogMetric("m", 1);
            var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => RunAsync(operation, mlops, target, run.Id));
            Assert.Contains("did not reach the store", error.Message, StringComparison.Ordinal);
        }

        Assert.Empty((await target.Runs.QueryAsync(new RunQuery())).Runs);
        Assert.False(Directory.Exists(_folder["backup"]) || File.Exists(_folder["a.mlops.zip"]));
    }

    private Task RunAsync(string operation, MlopsClient mlops, MlopsClient target, RunId run) => operation switch
    {
        "backup" => mlops.BackupAsync(_folder["backup"]),
        "copy" => mlops.CopyToAsync(target),
        "export" => mlops.ExportAsync(_folder["a.mlops.zip"], [run]),
        _ => mlops.ExportAsync(_folder["a.mlops.zip"], new RunQuery()),
    };

    /// <summary>Holds the right to write, as another process does that is busy.</summary>
    private SqliteConnection Hold()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(_folder.Store, "mlops.db"), Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return connection;
    }
}
