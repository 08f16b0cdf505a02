using System.Text;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Tracking.Tests.Faults;

/// <summary>The object store is away: artifacts wait on this machine, and nothing refers to bytes that are not there.</summary>
public sealed class SpoolTests : IAsyncLifetime
{
    private Rig _rig = null!;
    private ContentStore _content = null!;
    private volatile bool _isAway = true;

    public Task InitializeAsync()
    {
        _rig = new Rig();
        _content = new ContentStore(new SteppedObjects(new FolderObjectStore(_rig.Folder["objects"]), _ =>
        {
            if (_isAway)
                throw new StorageUnavailableException("The bucket is away.");
        }));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task LogArtifactAsync_objectsAway_arriveWithTheirRunOnceTheyAreBack()
    {
        var tracker = _rig.Open(content: _content);
        var run = await LogAsync(tracker);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tracker.FlushAsync(patience.Token));
        Assert.Contains("bucket", tracker.Status.Cause!.Message, StringComparison.Ordinal);
        Assert.Empty(await _rig.Runs.ListArtifactsAsync(run));

        _isAway = false;
        await Rig.FlushUntilDrainedAsync(tracker);
        await AssertThereAsync(run);
        Assert.DoesNotContain(
            Directory.GetFiles(_rig.JournalPath, "*", SearchOption.AllDirectories), f => f.Contains("sha256", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LogArtifactAsync_objectsAwayAndTheClientGone_anotherClientBringsThem()
    {
        var tracker = _rig.Open(o => o with { FlushBound = TimeSpan.FromMilliseconds(50) }, content: _content);
        var run = await LogAsync(tracker);
        await tracker.DisposeAsync();
        _isAway = false;
        var next = _rig.Open(content: _content);
        Assert.Equal(1, Assert.Single(await next.RecoverAsync()).Points);
        await AssertThereAsync(run);
    }

    private async Task<RunId> LogAsync(RunTracker tracker)
    {
        var file = _rig.Folder["model.bin"];
        await File.WriteAllTextAsync(file, "model");
        var run = await tracker.StartRunAsync("outage");
        await run.LogArtifactAsync(file);
        await run.LogTextAsync("notes", "notes.md");
        await run.LogArtifactAsync(new TestStream(new byte[3_000_000], 65_536), "large.bin");
        run.LogMetric("m", 1);
        return run.Id;
    }

    private async Task AssertThereAsync(RunId run)
    {
        var artifacts = await _rig.Runs.ListArtifactsAsync(run);
        Assert.Equal(["large.bin", "model.bin", "notes.md"], artifacts.Select(a => a.Path.Value).Order(StringComparer.Ordinal));
        foreach (var (path, text) in new[] { ("model.bin", "model"), ("notes.md", "notes") })
            Assert.Equal(text, Encoding.UTF8.GetString(await _content.ReadAllAsync(artifacts.Single(a => a.Path.Value == path).Digest)));
        Assert.Equal(3_000_000, (await _content.ReadAllAsync(artifacts.Single(a => a.Path.Value == "large.bin").Digest)).Length);
    }
}
