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
        AssertNothingWaits(rig);
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
        Assert.Single(Waiting(rig)); // what can be read only once stays until it is named
        await tracker.FlushAsync();
        await AssertThereAsync(rig, content, run);
        AssertNothingWaits(rig);
    }

    [Fact]
    public async Task LogArtifactAsync_waitingContentDamaged_theRestArrivesAndTheLossIsTold()
    {
        await using var rig = new Rig();
        var content = Content(rig);
        var tracker = rig.Open(content: content);
        var run = await LogAsync(rig, tracker);
        var waiting = WaitingModel(rig);
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
        await tracker.DisposeAsync();
        await AssertSetAsideAsync(rig);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Recover_waitingContentDamaged_isToldAndSetAside(bool isInterrupted)
    {
        await using var rig = new Rig();
        var content = Content(rig);
        var tracker = rig.Open(o => o with { FlushBound = TimeSpan.FromMilliseconds(50) }, content: content);
        var run = await LogAsync(rig, tracker);
        await tracker.DisposeAsync();
        await File.WriteAllTextAsync(WaitingModel(rig), "madel");

        _isAway = false;
        if (isInterrupted)
        {
            var commits = 0;
            var store = new FaultyStore(rig.Real)
            {
                Step = when =>
                {
                    if (when == "before commit" && ++commits == 2)
                        throw new StorageUnavailableException("The store went away before the damage was told.");
                },
            };
            Assert.Empty(await new Recoverer(store, content, rig.Options, rig.Log).RecoverAsync(CancellationToken.None));
        }

        var recovery = Assert.Single(await new Recoverer(rig.Store, content, rig.Options, rig.Log).RecoverAsync(CancellationToken.None));
        Assert.Equal((isInterrupted ? 0 : 1, 1), (recovery.Points, recovery.DamagedContents));
        Assert.EndsWith("0 slots and 0 segments unreadable, 1 contents damaged", (await rig.Runs.GetAsync(run)).JournalDamage, StringComparison.Ordinal);
        await AssertSetAsideAsync(rig);
        Assert.Empty(await rig.RecoverAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LogArtifactAsync_objectsAndDatabaseAway_whatWaitsIsNotReadBeforeTheObjectsAreBackNorCopiedAndStaysUntilItIsNamed(bool isCollected)
    {
        await using var rig = new Rig();
        await File.WriteAllTextAsync(rig.Folder["copies"], "no folder, so that a copy fails");
        var objects = new AwayObjects(new FolderObjectStore(rig.Folder["objects"])) { IsAway = true };
        var content = new ContentStore(objects, rig.Store, rig.Time, rig.Folder["copies"]);
        var tracker = rig.Open(content: content);
        var run = await LogAsync(rig, tracker, async () =>
        {
            await tracker.FlushAsync();
            rig.Store.IsAway = true;
        });
        var (asked, put) = (objects.Asked, objects.Put);
        await Rig.UntilAsync(() => Task.FromResult(objects.Asked > asked + 2));
        Assert.Equal(put, objects.Put);

        objects.IsAway = false;
        await Rig.UntilAsync(() => Task.FromResult(objects.Stored == 3));
        if (isCollected)
            Directory.Delete(rig.Folder["objects"], recursive: true); // as garbage, which it is until something names it
        rig.Store.IsAway = false;
        await Rig.FlushUntilDrainedAsync(tracker);
        await AssertThereAsync(rig, content, run);
        AssertNothingWaits(rig);
    }

    [Fact]
    public async Task LogArtifactAsync_databaseTakesNoCommits_whatWasBroughtOverIsNotStoredAgain()
    {
        await using var rig = new Rig();
        var objects = new AwayObjects(new FolderObjectStore(rig.Folder["objects"])) { IsAway = true };
        var content = new ContentStore(objects, rig.Store, rig.Time, rig.Folder["copies"]);
        var tracker = rig.Open(content: content);
        var refused = 0;
        var run = await LogAsync(rig, tracker, async () =>
        {
            await tracker.FlushAsync();
            rig.Store.Step = when =>
            {
                if (when != "before commit")
                    return;
                Interlocked.Increment(ref refused);
                throw new StorageUnavailableException("The database is read-only.");
            };
        });
        var put = objects.Put;
        objects.IsAway = false;
        await Rig.UntilAsync(() => Task.FromResult(objects.Put == put + 3));
        var before = Volatile.Read(ref refused);
        await Rig.UntilAsync(() => Task.FromResult(Volatile.Read(ref refused) > before + 4));
        Assert.Equal(put + 3, objects.Put);

        rig.Store.Step = null;
        await Rig.FlushUntilDrainedAsync(tracker);
        await AssertThereAsync(rig, content, run);
        AssertNothingWaits(rig);
    }

    private ContentStore Content(Rig rig) => new(new SteppedObjects(new FolderObjectStore(rig.Folder["objects"]), _ =>
    {
        Interlocked.Increment(ref _tries);
        if (_isAway)
            throw new StorageUnavailableException("The bucket is away.");
    }));

    private static string WaitingModel(Rig rig) => Directory.GetFiles(rig.JournalPath, "*", SearchOption.AllDirectories)
        .Single(f => f.EndsWith(Digest.Of("model"u8).ToString(), StringComparison.Ordinal));

    private static IEnumerable<string> Waiting(Rig rig) =>
        Directory.GetFiles(rig.JournalPath, "*", SearchOption.AllDirectories).Where(f => f.Contains("sha256", StringComparison.Ordinal));

    private static void AssertNothingWaits(Rig rig) => Assert.Empty(Waiting(rig));

    private static async Task AssertSetAsideAsync(Rig rig)
    {
        Assert.Equal([Path.Combine(rig.JournalPath, "damaged")], Directory.GetDirectories(rig.JournalPath));
        Assert.Equal(Path.Combine(rig.JournalPath, "damaged", Digest.Of("model"u8).ToString()), WaitingModel(rig));
        Assert.Equal("madel", await File.ReadAllTextAsync(WaitingModel(rig)));
        Assert.Single(rig.Log.Of(4019));
    }

    private static async Task<RunId> LogAsync(Rig rig, RunTracker tracker, Func<Task>? onceStarted = null)
    {
        var file = rig.Folder["model.bin"];
        await File.WriteAllTextAsync(file, "model");
        var run = await tracker.StartRunAsync("outage");
        if (onceStarted is not null)
            await onceStarted();
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

    /// <summary>Tells how often it is asked, and whether anything was put meanwhile.</summary>
    private sealed class AwayObjects(IObjectStore inner) : PassingObjects(inner)
    {
        private int _asked;
        private int _put;
        private int _stored;

        public bool IsAway
        {
            get => Volatile.Read(ref field);
            set => Volatile.Write(ref field, value);
        }

        public int Asked => Volatile.Read(ref _asked);

        public int Put => Volatile.Read(ref _put);

        /// <summary>How many puts have succeeded.</summary>
        public int Stored => Volatile.Read(ref _stored);

        public override Task<ObjectInfo?> FindAsync(ObjectName name, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _asked);
            ThrowIfAway();
            return base.FindAsync(name, cancellationToken);
        }

        public override async Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _put);
            ThrowIfAway();
            var outcome = await base.PutIfAbsentAsync(name, content, cancellationToken);
            Interlocked.Increment(ref _stored);
            return outcome;
        }

        private void ThrowIfAway()
        {
            if (IsAway)
                throw new StorageUnavailableException("The bucket is away.");
        }
    }
}
