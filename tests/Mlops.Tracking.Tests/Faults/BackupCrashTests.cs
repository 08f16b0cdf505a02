using System.Diagnostics;
using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Storage;
using Xunit.Abstractions;

namespace Mlops.Tracking.Tests.Faults;

/// <summary>Kills backups and restores at instants spread over the time that a whole one takes.</summary>
public sealed class BackupCrashTests(ITestOutputHelper output) : IDisposable
{
    private const int Runs = 200;
    private const int Instants = 12;
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder["store"];

    private string Backup => _folder["backup"];

    private string Restored => _folder["restored"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task BackupAsync_killedAtAnyInstant_isRefusedAndCompletedByTheNext()
    {
        await FillAsync();
        var whole = await RunAsync("backup", Store, Backup);
        var refused = 0;
        for (var i = 0; i < Instants; i++)
        {
            // every other one is the second backup into a folder
            if (i % 2 == 0)
                Directory.Delete(Backup, recursive: true);
            await KillAsync(whole * i / Instants, "backup", Store, Backup);
            if (File.Exists(Path.Combine(Backup, "backup.json")))
            {
                await AssertRestoresAsync();
            }
            else
            {
                refused++;
                var error = await Assert.ThrowsAsync<IntegrityException>(() => MlopsClient.RestoreAsync(Backup, Restored));
                Assert.Contains("is no whole backup", error.Message, StringComparison.Ordinal);
                Assert.False(Directory.Exists(Restored));
            }

            await using (var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = Store }))
                Assert.Empty((await mlops.BackupAsync(Backup)).Problems);
            await AssertRestoresAsync();
        }

        output.WriteLine($"{refused} of {Instants} backups were interrupted; a whole one takes {whole.TotalMilliseconds:F0} ms");
        Assert.NotEqual(0, refused);
    }

    [Fact]
    public async Task RestoreAsync_killedAtAnyInstant_leavesNoHalfStoreAndCanBeRepeated()
    {
        await FillAsync();
        await RunAsync("backup", Store, Backup);
        var whole = await RunAsync("restore", Restored, Backup);
        Directory.Delete(Restored, recursive: true);
        var interrupted = 0;
        for (var i = 0; i < Instants; i++)
        {
            await KillAsync(whole * i / Instants, "restore", Restored, Backup);
            if (Directory.Exists(Restored))
            {
                await AssertIsWholeAsync();
                continue;
            }

            interrupted++;
            await AssertRestoresAsync();
            Assert.False(Directory.Exists(Restored + ".restoring"));
        }

        output.WriteLine($"{interrupted} of {Instants} restores were interrupted; a whole one takes {whole.TotalMilliseconds:F0} ms");
        Assert.NotEqual(0, interrupted);
    }

    private static async Task<TimeSpan> RunAsync(params string[] arguments)
    {
        using var child = ChildProcess.Start(arguments);
        Assert.Equal("begin", await child.ReadLineAsync());
        var started = Stopwatch.GetTimestamp();
        Assert.Equal("end", await child.ReadLineAsync());
        var elapsed = Stopwatch.GetElapsedTime(started);
        await child.JoinAsync();
        return elapsed;
    }

    private static async Task KillAsync(TimeSpan after, params string[] arguments)
    {
        using var child = ChildProcess.Start(arguments);
        Assert.Equal("begin", await child.ReadLineAsync());
        await Task.Delay(after);
        child.Kill();
    }

    private async Task FillAsync()
    {
        await using var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = Store });
        for (var i = 0; i < Runs; i++)
        {
            await using var run = await mlops.StartRunAsync("crash");
            run.LogMetric("m", i, 0);
            await run.LogTextAsync($"artifact {i}", "a.txt");
        }

        await mlops.FlushAsync();
    }

    private async Task AssertRestoresAsync()
    {
        Assert.Empty((await MlopsClient.RestoreAsync(Backup, Restored)).Problems);
        await AssertIsWholeAsync();
    }

    private async Task AssertIsWholeAsync()
    {
        await using (var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = Restored }))
        {
            Assert.Equal(Runs, (await mlops.Runs.QueryAsync(new RunQuery { Limit = Runs + 1 })).Runs.Count);
            var check = await mlops.CheckAsync(readsObjects: true);
            Assert.True(check.IsHealthy, check.ToString());
        }

        Directory.Delete(Restored, recursive: true);
    }
}
