using System.Text.RegularExpressions;
using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Runs;

/// <summary>What is refused says what it was, which value, and what to do; and loses nothing that was logged before.</summary>
public sealed class BadInputTests : RigTest
{
    private static readonly string TooLong = new('k', EntityText.MaxKeyLength + 1);

    /// <summary>Escaped, because what hands them to the tests keeps valid Unicode only.</summary>
    public static TheoryData<string, string> Keys => new()
    {
        { "", "is empty; give it 1 to 250 characters" },
        { TooLong, "has 251 characters; at most 250" },
        { "a\\nb", "control character U+000A at 1" },
        { "\\0", "control character U+0000 at 0" },
        { "a\\u0085", "control character U+0085 at 1" },
        { "\\uD834", "half a surrogate pair" },
        { "x\\uDD1Ey", "half a surrogate pair" },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task Log_badKey_isRefusedByNameAndLosesNothing(string escaped, string why)
    {
        var key = Regex.Unescape(escaped);
        Run.LogMetric("good", 1).LogParam("good", 1).SetTag("good", "1");
        AssertRefused("metric key", why, () => Run.LogMetric(key, 1));
        AssertRefused("metric key", why, () => Run.LogMetrics([new(key, 1)]));
        AssertRefused("parameter key", why, () => Run.LogParam(key, 1));
        AssertRefused("parameter key", why, () => Run.LogParams([new("fine", 1), new(key, 1)]));
        AssertRefused("tag key", why, () => Run.SetTag(key, "v"));
        await Run.CompleteAsync();
        var stored = await Rig.Runs.GetAsync(Run.Id);
        Assert.Equal(["good"], stored.Params.Keys);
        Assert.Equal(["good"], stored.Tags.Keys);
        Assert.Equal(["good"], stored.Metrics.Keys);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task StartRunAsync_badName_isRefusedAndStartsNothing(string escaped, string why)
    {
        var name = Regex.Unescape(escaped);

        // names may be longer than keys
        var bad = name == TooLong ? new string('n', EntityText.MaxNameLength + 1) : name;
        var reason = name == TooLong ? "has 501 characters; at most 500" : why.Replace("250", "500", StringComparison.Ordinal);
        await AssertRefusedAsync("experiment name", reason, () => Tracker.StartRunAsync(bad));
        await AssertRefusedAsync("run name", reason, () => Tracker.StartRunAsync("e", new RunOptions { Name = bad }));
        await AssertRefusedAsync(
            "tag key", why, () => Tracker.StartRunAsync("e", new RunOptions { Tags = new Dictionary<string, string> { [name] = "v" } }));
        Assert.True((await Tracker.FlushAsync()).IsDurable);
        Assert.Equal(Run.Id, Assert.Single((await Rig.Runs.QueryAsync(new RunQuery())).Runs).Id);
    }

    [Fact]
    public async Task Log_badValue_isRefusedByName()
    {
        var tooLong = new string('v', EntityText.MaxValueLength + 1);
        AssertRefused("parameter 'p'", "has 65537 characters; at most 65536", () => Run.LogParam("p", tooLong));
        AssertRefused("tag 't'", "has 65537 characters; at most 65536", () => Run.SetTag("t", tooLong));
        AssertRefused("parameter 'p'", "half a surrogate pair", () => Run.LogParam("p", "\uD834"));
        AssertRefused("tag 't'", "half a surrogate pair", () => Run.SetTag("t", "x\uDD1E"));
        Run.LogParam("p", "after");
        await Run.CompleteAsync();
        Assert.Equal("after", (await Rig.Runs.GetAsync(Run.Id)).Params["p"]);
    }

    [Fact]
    public void Log_null_isRefusedByParameter()
    {
        Assert.Throws<ArgumentNullException>("key", () => Run.LogMetric(null!, 1));
        Assert.Throws<ArgumentNullException>("key", () => Run.LogParam(null!, 1));
        Assert.Throws<ArgumentNullException>("key", () => Run.SetTag(null!, "v"));
        Assert.Throws<ArgumentNullException>("value", () => Run.SetTag("t", null!));
        Assert.Throws<ArgumentNullException>("values", () => Run.LogParams(null!));
        Assert.Throws<ArgumentNullException>("values", () => Run.SetTags(null!));
        Assert.Throws<ArgumentNullException>("values", () => Run.LogMetrics(null!));
    }

    [Theory]
    [InlineData("", "1 to 500")]
    [InlineData(".", "1 to 500")]
    [InlineData("../x", "'..' segment")]
    [InlineData("..", "'..' segment")]
    [InlineData("a/../../b", "'..' segment")]
    [InlineData("/x", "is absolute")]
    [InlineData("C:\\\\x", "backslash")]
    [InlineData("C:x", "begins with a drive")]
    [InlineData("a\\\\..\\\\b", "backslash")]
    [InlineData("a//b", "empty segment")]
    [InlineData("a/", "empty segment")]
    [InlineData("a\\nb", "control character")]
    [InlineData("a\\0b", "control character")]
    [InlineData("a\\uD834", "half a surrogate pair")]
    public async Task LogArtifactAsync_badPath_isRefusedAndStoresNothing(string escaped, string why)
    {
        var path = Regex.Unescape(escaped);
        await File.WriteAllTextAsync(Local["f"], "x");
        using var stream = new MemoryStream([1]);
        await AssertRefusedAsync("artifact path", why, () => Run.LogArtifactAsync(Local["f"], path));
        await AssertRefusedAsync("artifact path", why, () => Run.LogArtifactAsync(stream, path));
        await AssertRefusedAsync("artifact path", why, () => Run.LogTextAsync("x", path));
        await Run.CompleteAsync();
        Assert.Empty(await Rig.Runs.ListArtifactsAsync(Run.Id));
        Assert.False(Directory.Exists(Rig.Folder["objects"]));
    }

    [Fact]
    public async Task LogArtifactAsync_fileNameOfTheFolderCannotBeAPath_isRefusedBeforeAnythingIsStored()
    {
        Directory.CreateDirectory(Local["out"]);
        await File.WriteAllTextAsync(Local["out/a"], "x");
        await File.WriteAllTextAsync(Path.Combine(Local["out"], "b\\c"), "x");
        await AssertRefusedAsync("artifact path", "backslash", () => Run.LogArtifactAsync(Local["out"]));
        await Run.CompleteAsync();
        Assert.Empty(await Rig.Runs.ListArtifactsAsync(Run.Id));
    }

    [Fact]
    public async Task Log_runHasEnded_isRefusedByIdNameAndRemedy()
    {
        Run.LogMetric("m", 1);
        await Run.CompleteAsync();
        Action[] logs =
        [
            () => Run.LogMetric("m", 2),
            () => Run.LogMetric("new", 2),
            () => Run.LogMetrics([new("m", 2)]),
            () => Run.LogParam("p", 1),
            () => Run.SetTag("t", "v"),
        ];
        foreach (var log in logs)
            AssertEnded(Assert.Throws<InvalidOperationException>(log));
        AssertEnded(await Assert.ThrowsAsync<InvalidOperationException>(() => Run.LogTextAsync("x", "f")));
        await Tracker.FlushAsync();
        await Rig.AssertValuesAsync(Run.Id, "m", 1);
    }

    [Fact]
    public async Task Log_afterTheClientIsDisposed_isRefused()
    {
        await Tracker.DisposeAsync();
        Assert.Throws<InvalidOperationException>(() => Run.LogMetric("m", 1));
        Assert.Throws<InvalidOperationException>(() => Run.LogParam("p", 1));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Tracker.StartRunAsync("e"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Tracker.RunAsync("e", _ => Task.CompletedTask));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Tracker.ReopenRunAsync(Run.Id));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Tracker.JoinRunAsync(Run.Id));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Catalog.DeleteAsync(Run.Id));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Catalog.RestoreAsync(Run.Id));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Tracker.FlushAsync());
    }

    [Fact]
    public async Task MlopsClient_disposed_refusesEveryCall()
    {
        var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = Local["store"] });
        await mlops.DisposeAsync();
        await mlops.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.StartRunAsync("e"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.Runs.QueryAsync(new RunQuery()));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.Runs.FindAsync(Run.Id));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.Experiments.ListAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.VerifyAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => mlops.FlushAsync());
    }

    [Fact]
    public async Task Ids_unknown_saysWhichAndWhere()
    {
        var unknown = new RunId(new RecordId(123));
        Func<Task>[] calls =
        [
            () => Tracker.ReopenRunAsync(unknown),
            () => Tracker.JoinRunAsync(unknown),
            () => Catalog.DeleteAsync(unknown),
            () => Catalog.RestoreAsync(unknown),
            () => Catalog.PurgeAsync(unknown),
            () => Catalog.RenameAsync(unknown, "n"),
            () => Catalog.MoveAsync(unknown, "e"),
            () => Tracker.ForkRunAsync(unknown, 1),
            () => Rig.Runs.GetAsync(unknown),
        ];
        foreach (var call in calls)
        {
            var missing = await Assert.ThrowsAsync<NotFoundException>(call);
            Assert.Contains(unknown.ToString(), missing.Message, StringComparison.Ordinal);
            Assert.Contains("mlops.db", missing.Message, StringComparison.Ordinal);
        }

        Assert.Null(await Rig.Runs.FindAsync(unknown));
    }

    [Fact]
    public async Task Ids_default_areRefusedByEveryCall()
    {
        Func<Task>[] calls =
        [
            () => Tracker.ReopenRunAsync(default),
            () => Tracker.JoinRunAsync(default),
            () => Catalog.DeleteAsync(default),
            () => Catalog.RestoreAsync(default),
            () => Catalog.PurgeAsync(default),
            () => Catalog.RenameAsync(default, "n"),
            () => Catalog.MoveAsync(default, "e"),
            () => Catalog.ListChildrenAsync(default),
            () => Tracker.ForkRunAsync(default, 1),
            () => Tracker.StartRunAsync("e", new RunOptions { Parent = default(RunId) }),
            () => Rig.Runs.GetAsync(default),
            () => Rig.Runs.FindAsync(default),
            () => Rig.Runs.ReadMetricAsync(default, "m"),
            () => Rig.Runs.SampleMetricAsync(default, "m"),
            () => Rig.Runs.ListArtifactsAsync(default),
            () => Rig.Runs.OpenArtifactAsync(default, "a"),
            () => Rig.Runs.DownloadArtifactAsync(default, "a", Local["a"]),
        ];
        for (var i = 0; i < calls.Length; i++)
        {
            var refused = await Record.ExceptionAsync(calls[i]);
            Assert.True(refused is ArgumentException, $"call {i}: {refused?.GetType().Name ?? "accepted"}");
            Assert.Contains("default", refused!.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ReopenRunAsync_idOfSomethingElse_saysWhatItIs()
    {
        await Tracker.FlushAsync();
        var experiment = Assert.Single(await new ExperimentCatalog(new MetadataContext(Rig.Real, Rig.Content)).ListAsync());
        var missing = await Assert.ThrowsAsync<NotFoundException>(() => Tracker.ReopenRunAsync(new RunId(experiment.Id.Value)));
        Assert.Contains("'experiment', not a run", missing.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, Func<TrackingOptions, TrackingOptions>> OptionsOutOfRange => new()
    {
        { "DrainInterval", o => o with { DrainInterval = TimeSpan.FromMilliseconds(9) } },
        { "DrainInterval", o => o with { DrainInterval = TimeSpan.FromHours(1.1) } },
        { "JournalBoundBytes", o => o with { JournalBoundBytes = (16 << 20) - 1 } },
        { "FlushBound", o => o with { FlushBound = TimeSpan.Zero } },
        { "FlushBound", o => o with { FlushBound = TimeSpan.FromDays(2) } },
        { "LeaseTime", o => o with { LeaseTime = TimeSpan.FromSeconds(2.9) } },
        { "LeaseTime", o => o with { LeaseTime = TimeSpan.FromDays(1.1) } },
        { "Actor", o => o with { Actor = " " } },
        { "Actor", o => o with { Actor = new string('a', 201) } },
        { "Actor", o => o with { Actor = "a\nb" } },
        { "JournalPath", o => o with { JournalPath = "" } },
        { "Time", o => o with { Time = null! } },
    };

    [Theory]
    [MemberData(nameof(OptionsOutOfRange))]
    public void Open_optionOutOfRange_namesIt(string option, Func<TrackingOptions, TrackingOptions> set)
    {
        var before = Directory.EnumerateDirectories(Rig.JournalPath).Count();
        var refused = Assert.ThrowsAny<ArgumentException>(() => Rig.Open(set));
        Assert.Contains(option, refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Directory.EnumerateDirectories(Rig.JournalPath).Count());
    }

    [Fact]
    public async Task OpenAsync_badLocation_namesTheOption()
    {
        await AssertRefusedAsync("MlopsOptions.Path", "is empty", () => MlopsClient.OpenAsync(new MlopsOptions { Path = "" }));
        await AssertRefusedAsync("MlopsOptions.Uri", "both set", () => MlopsClient.OpenAsync(new MlopsOptions { Path = "a", Uri = "file:///a" }));
        await AssertRefusedAsync("'postgres'", "Mlops.Storage.PostgreSql and call UsePostgreSql()", () => MlopsClient.OpenAsync(new MlopsOptions { Uri = "postgres://u:secret@h/d" }));
        var refused = await Record.ExceptionAsync(() => MlopsClient.OpenAsync(new MlopsOptions { Uri = "postgres://u:secret@h/d" }));
        Assert.DoesNotContain("secret", refused!.Message, StringComparison.Ordinal);
        await AssertRefusedAsync("MlopsOptions.Uri", "not an absolute URI", () => MlopsClient.OpenAsync(new MlopsOptions { Uri = "some/folder" }));
    }

    private static void AssertRefused(string what, string why, Action call)
    {
        var refused = Assert.ThrowsAny<ArgumentException>(call);
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    private static async Task AssertRefusedAsync(string what, string why, Func<Task> call)
    {
        var refused = await Assert.ThrowsAnyAsync<ArgumentException>(call);
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    private void AssertEnded(Exception refused)
    {
        Assert.Contains(Run.Id.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Contains(Run.Name, refused.Message, StringComparison.Ordinal);
        Assert.Contains("ReopenRunAsync", refused.Message, StringComparison.Ordinal);
    }
}
