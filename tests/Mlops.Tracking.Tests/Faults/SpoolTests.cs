using System.Text;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Conformance;

namespace Mlops.Tracking.Tests.Faults;

/// <summary>The object store is away: artifacts wait on this machine, and nothing refers to bytes that are not there.</summary>
public sealed class SpoolTests
{
    private volatile bool _isAway = true;
    private int _tries;

    [Fact]
    public async Task LogArtifactAsync_objectsAway_arriveWithTheirRunOnceTheyAreBack()
    {
        await using var rig = new Rig();
        var content = Content(rig);
        var tracker = rig.Open(content: content);
        var run = await LogAsync(rig, tracker);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tracker.FlushAsync(patience.Token));
        Assert.Contains("bucket", tracker.Status.Cause!.Message, StringComparison.Ordinal);
        Assert.Empty(await rig.Runs.ListArtifactsAsync(run));

        _isAway = false;
        await Rig.FlushUntilDrainedAsync(tracker);
        await AssertThereAsync(rig, content, run);
        Assert.DoesNotContain(
            Directory.GetFiles(rig.JournalPath, "*", SearchOption.AllDirectories), f => f.Contains("sha256", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LogArtifactAsync_objectsAwayAndTheClientGone_anotherClientBringsThem()
    {
        await using var rig = new Rig();
        var content = Content(rig);
        var tracker = rig.Open(o => o with { FlushBound = TimeSpan.FromMilliseconds(50) }, content: content);
        var run = await LogAsync(rig, tracker);
        await tracker.DisposeAsync();
        _isAway = false;
        var next = rig.Open(content: content);
        Assert.Equal(1, Assert.Single(await next.RecoverAsync()).Points);
        await AssertThereAsync(rig, content, run);
    }

    [Fact]
    public async Task LogArtifactAsync_objectsAway_isTriedOnceUntilTheDrainHasDelivered()
    {
        await using var rig = new Rig();
        var content = Content(rig);
        var tracker = rig.Open(o => o with { DrainInterval = TimeSpan.FromHours(1), LeaseTime = TimeSpan.FromDays(1) }, content: content);
        await LogAsync(rig, tracker);
        Assert.Equal(1, _tries);

        _isAway = false;
        await Rig.FlushUntilDrainedAsync(tracker);
        var run = await LogAsync(rig, tracker);
        Assert.DoesNotContain(Directory.GetFiles(rig.JournalPath, "*", SearchOption.AllDirectories), f => f.Contains("sha256", StringComparison.Ordinal));
        await tracker.FlushAsync();
        await AssertThereAsync(rig, content, run);
    }

    [Fact]
    public async Task LogArtifactAsync_waitingContentDamaged_theRestArrivesAndTheLossIsTold()
    {
        await using var rig = new Rig();
        var content = Content(rig);
        var tracker = rig.Open(content: content);
        var run = await LogAsync(rig, tracker);
        var waiting = Directory.GetFiles(rig.JournalPath, "*", SearchOption.AllDirectories)
            .Single(f => f.EndsWith(Digest.Of("model"u8).ToString(), StringComparison.Ordinal));
        await File.WriteAllTextAsync(waiting, "madel");

        _isAway = false;
        var report = await Rig.FlushUntilDrainedAsync(tracker);
        Assert.Equal((false, 1L), (report.IsDurable, report.Refused));
        var artifacts = await rig.Runs.ListArtifactsAsync(run);
        Assert.Equal(3, artifacts.Count);
        Assert.Equal("notes", Encoding.UTF8.GetString(await content.ReadAllAsync(artifacts.Single(a => a.Path.Value == "notes.md").Digest)));
        await Assert.ThrowsAsync<NotFoundException>(() => content.ReadAllAsync(artifacts.Single(a => a.Path.Value == "model.bin").Digest));
        Assert.Single(rig.Log.Of(4018));

        // it may be the only copy, and the disk that gave it wrong may give it right
        Assert.True(File.Exists(waiting));
    }

    private ContentStore Content(Rig rig) => new(new SteppedObjects(new FolderObjectStore(rig.Folder["objects"]), _ =>
    {
        Interlocked.Increment(ref _tries);
        if (_isAway)
            throw new StorageUnavailableException("The bucket is away.");
    }));

    private static async Task<RunId> LogAsync(Rig rig, RunTracker tracker)
    {
        var file = rig.Folder["model.bin"];
        await File.WriteAllTextAsync(file, "model");
        var run = await tracker.StartRunAsync("outage");
        await run.LogArtifactAsync(file);
        await run.LogTextAsync("notes", "notes.md");
        await run.LogArtifactAsync(new TestStream(new byte[3_000_000], 65_536), "large.bin");
        run.LogMetric("m", 1);
        return run.Id;
    }

    private static async Task AssertThereAsync(Rig rig, ContentStore content, RunId run)
    {
        var artifacts = await rig.Runs.ListArtifactsAsync(run);
        Assert.Equal(["large.bin", "model.bin", "notes.md"], artifacts.Select(a => a.Path.Value).Order(StringComparer.Ordinal));
        foreach (var (path, text) in new[] { ("model.bin", "model"), ("notes.md", "notes") })
            Assert.Equal(text, Encoding.UTF8.GetString(await content.ReadAllAsync(artifacts.Single(a => a.Path.Value == path).Digest)));
        Assert.Equal(3_000_000, (await content.ReadAllAsync(artifacts.Single(a => a.Path.Value == "large.bin").Digest)).Length);
    }
}
