using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests;

/// <summary>Providers that are slow, hang, throw or tell nonsense never harm the run.</summary>
public sealed class ProviderTests : IAsyncDisposable
{
    private const int ContextFailed = 4015;
    private readonly Rig _rig = new();
    private readonly TaskCompletionSource<IReadOnlyList<RunContextValue>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task StartRunAsync_slowProvider_isNotWaitedForAndCompletesWithTheRun()
    {
        var slow = new TestProvider("slow", _ => _answer.Task);
        var run = await Open(slow).StartRunAsync("flights");
        run.LogMetric("loss", 1);
        await run.FlushAsync();
        Assert.DoesNotContain("slow", (await _rig.Runs.GetAsync(run.Id)).Context.Keys);
        var end = run.CompleteAsync();
        _answer.SetResult([RunContextValue.Text("slow", "at last")]);
        await end;

        var read = await _rig.Runs.GetAsync(run.Id);
        Assert.Equal("at last", read.Context["slow"]);
        Assert.Equal(RunStatus.Finished, read.Status);
        Assert.Empty(read.ContextProblems);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StartRunAsync_slowProvider_theRestIsShownMeanwhile(bool knowsTheProcess)
    {
        var slow = new TestProvider("slow", _ => _answer.Task);
        var quick = new TestProvider("quick", RunContextValue.Text("quick", "yes"));
        var tracker = knowsTheProcess ? _rig.Open(o => o with { Context = new RunContextOptions().Add(slow).Add(quick) }) : Open(slow, quick);
        var run = await tracker.StartRunAsync("flights");
        if (knowsTheProcess)
        {
            await Rig.UntilAsync(async () =>
            {
                run = await tracker.StartRunAsync("flights");
                await run.FlushAsync();
                return (await _rig.Runs.GetAsync(run.Id)).Context.ContainsKey("runtime");
            });
        }

        await Rig.UntilAsync(async () => (await _rig.Runs.FindAsync(run.Id))?.Context.ContainsKey("quick") == true);
        _answer.SetResult([RunContextValue.Text("slow", "yes")]);
        await Rig.UntilAsync(async () => (await _rig.Runs.GetAsync(run.Id)).Context.ContainsKey("slow"));

        await run.CompleteAsync();
        var context = (await _rig.Runs.GetAsync(run.Id)).Context;
        Assert.Equal(("yes", "yes"), (context["quick"], context["slow"]));
    }

    [Fact]
    public async Task StartRunAsync_providerSlowerThanTheBound_isWrittenWhileTheRunIsOpen()
    {
        var slow = new TestProvider("slow", _ => _answer.Task);
        var tracker = Open(TimeSpan.FromMilliseconds(20), slow);
        await using var run = await tracker.StartRunAsync("flights");

        // that another run is not served any more tells that the bound has passed
        await Rig.UntilAsync(async () =>
        {
            await using var other = await tracker.StartRunAsync("flights");
            await other.CompleteAsync();
            return (await _rig.Runs.GetAsync(other.Id)).ContextProblems.ContainsKey("slow");
        });
        _answer.SetResult([RunContextValue.Text("slow", "at last")]);
        await Rig.UntilAsync(async () => (await _rig.Runs.FindAsync(run.Id))?.Context.ContainsKey("slow") == true);

        await run.CompleteAsync();
        var read = await _rig.Runs.GetAsync(run.Id);
        Assert.Equal("at last", read.Context["slow"]);
        Assert.Empty(read.ContextProblems);
    }

    [Fact]
    public async Task CompleteAsync_providerHasNotAnswered_isCancelledAndNoted()
    {
        var cancelled = new TaskCompletionSource();
        var slow = new TestProvider("slow", (_, cancellationToken) =>
        {
            cancellationToken.Register(cancelled.SetResult);
            return _answer.Task;
        });
        await using var run = await Open(TimeSpan.FromMilliseconds(20), slow).StartRunAsync("flights");
        Assert.True((await run.CompleteAsync()).IsDurable);

        await cancelled.Task.WaitAsync(Rig.Patience);
        Assert.Equal("It had not answered when the run ended.", (await _rig.Runs.GetAsync(run.Id)).ContextProblems["slow"]);
        _answer.SetResult([]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StartRunAsync_hangingProvider_isGivenUpAndNotAskedAgainWhileItHangs(bool blocksItsThread)
    {
        using var gate = new ManualResetEventSlim();
        var hanging = new TestProvider("hanging", _ =>
        {
            if (!blocksItsThread)
                return _answer.Task;
            gate.Wait();
            return _answer.Task;
        });
        var tracker = Open(TimeSpan.FromMilliseconds(20), hanging, new TestProvider("quick", RunContextValue.Text("quick", "yes")));
        for (var i = 0; i < 3; i++)
        {
            await using var run = await tracker.StartRunAsync("flights");
            Assert.True((await run.CompleteAsync()).IsDurable);
            var read = await _rig.Runs.GetAsync(run.Id);
            Assert.Equal(RunStatus.Finished, read.Status);
            Assert.Contains("answered", read.ContextProblems["hanging"], StringComparison.Ordinal);
            Assert.Equal("yes", read.Context["quick"]);
        }

        Assert.Equal(1, hanging.Calls);
        Assert.Equal(3, _rig.Log.Of(ContextFailed).Count);

        _answer.SetResult([RunContextValue.Text("hanging", "no more")]);
        gate.Set();
        await Rig.UntilAsync(async () =>
        {
            await using var run = await tracker.StartRunAsync("flights");
            await run.CompleteAsync();
            return (await _rig.Runs.GetAsync(run.Id)).Context.ContainsKey("hanging");
        });
    }

    [Fact]
    public async Task ContextCapture_processToldTooLate_isOnOpenRunsAndThoseThatFollow()
    {
        var slow = new TestProvider("slow", _ => _answer.Task);
        var options = new RunContextOptions { Bound = TimeSpan.FromMilliseconds(10) };
        var ids = new IdGenerator(TimeProvider.System);
        var capture = new ContextCapture(options, [slow], ids, _rig.Log);
        await Rig.UntilAsync(() => Task.FromResult(capture.AtStart is not null));
        var early = capture.AtStart!;
        Assert.Equal("It has not answered yet.", Told(early, "problems.slow"));

        List<ContextSet> written = [];
        var completed = capture.CompleteAsync(new RunContextInput(new RunId(ids.Next()), "monday", "flights"), early, written.Add);
        _answer.SetResult([RunContextValue.Text("slow", "at last")]);
        await completed.WaitAsync(Rig.Patience);
        Assert.Equal("at last", Told(written[^1], "context.slow"));
        await Rig.UntilAsync(() => Task.FromResult(Told(capture.AtStart!, "context.slow") == "at last"));

        // one that began with the set of before is told too; one that has it all is asked nothing more
        await Rig.UntilAsync(async () =>
        {
            written.Clear();
            await capture.CompleteAsync(new RunContextInput(new RunId(ids.Next()), "tuesday", "flights"), capture.AtStart, written.Add);
            return written.Count == 0;
        });
        await capture.CompleteAsync(new RunContextInput(new RunId(ids.Next()), "wednesday", "flights"), early, written.Add);
        Assert.Equal("at last", Told(Assert.Single(written), "context.slow"));

        static string? Told(ContextSet set, string field) =>
            set.Missing.SelectMany(c => c.Fields).FirstOrDefault(f => f.Name == field)?.Values[0].AsText;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CompleteAsync_providerHandlesItsCancellationBadly_endsTheRun(bool throws)
    {
        using var gate = new ManualResetEventSlim();
        var bad = new TestProvider("bad", async (_, cancellationToken) =>
        {
            cancellationToken.Register(() =>
            {
                if (throws)
                    throw new InvalidOperationException("There is nothing to kill.");
                gate.Wait(CancellationToken.None);
            });
            return await _answer.Task;
        });
        await using var run = await Open(TimeSpan.FromMilliseconds(20), bad).StartRunAsync("flights");
        Assert.True((await run.CompleteAsync()).IsDurable);
        Assert.Equal(RunStatus.Finished, (await _rig.Runs.GetAsync(run.Id)).Status);
        gate.Set();
        _answer.SetResult([]);
    }

    [Fact]
    public async Task DisposeAsync_hangingProvider_endsAllTheSame()
    {
        var tracker = Open(TimeSpan.FromMilliseconds(20), new TestProvider("hanging", _ => _answer.Task));
        var run = await tracker.StartRunAsync("flights");
        await tracker.DisposeAsync();

        var read = await _rig.Runs.GetAsync(run.Id);
        Assert.Equal(RunEnd.NotCompleted, read.EndReason);
        Assert.Contains("hanging", read.ContextProblems.Keys);
        _answer.SetResult([]);
    }

    [Fact]
    public async Task CompleteAsync_cancelledWhileAProviderIsSlow_endsTheRun()
    {
        var run = await Open(new TestProvider("slow", _ => _answer.Task)).StartRunAsync("flights");
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.CompleteAsync(cancelled.Token));
        _answer.SetResult([]);
        await run.DisposeAsync();
        await Rig.UntilAsync(async () => (await _rig.Runs.FindAsync(run.Id))?.Status == RunStatus.Finished);
    }

    public static TheoryData<string, Func<Task<IReadOnlyList<RunContextValue>>>, string> Failures => new()
    {
        { "throws", () => throw new InvalidOperationException("no such thing; password=hunter2"), "no such thing; password=***" },
        { "fails later", () => Task.FromException<IReadOnlyList<RunContextValue>>(new TimeoutException("too late")), "TimeoutException: too late" },
        { "tells null", () => Task.FromResult<IReadOnlyList<RunContextValue>>(null!), "NullReferenceException" },
        { "gives no task", () => null!, "Exception" },
        {
            "tells too much",
            () => Task.FromResult<IReadOnlyList<RunContextValue>>([.. Enumerable.Range(0, 501).Select(i => RunContextValue.Number($"v{i}", i))]), "at most 500"
        },
        {
            "has a huge table",
            () => Task.FromResult<IReadOnlyList<RunContextValue>>(
                [RunContextValue.Table("t", Enumerable.Range(0, 100).ToDictionary(i => $"r{i}", _ => new string('x', 2000)))]),
            "100000 characters"
        },
        {
            "has a table that grows as it is laid down",
            () => Task.FromResult<IReadOnlyList<RunContextValue>>([RunContextValue.Table("t", Enumerable.Range(0, 25).ToDictionary(i => $"r{i}", _ => new string('я', 3600)))]),
            "400000 bytes"
        },
        {
            "has many long texts",
            () => Task.FromResult<IReadOnlyList<RunContextValue>>([.. Enumerable.Range(0, 140).Select(i => RunContextValue.Text($"v{i}", new string('x', 4000)))]),
            "too much beside the rest"
        },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task StartRunAsync_failingProvider_isLoggedAndShown(string how, Func<Task<IReadOnlyList<RunContextValue>>> capture, string problem)
    {
        Assert.NotEmpty(how);
        var run = await Open(new TestProvider("bad", _ => capture()), new TestProvider("good", RunContextValue.Text("good", "yes"))).StartRunAsync("flights");
        await run.CompleteAsync();

        var read = await _rig.Runs.GetAsync(run.Id);
        Assert.Contains(problem, read.ContextProblems["bad"], StringComparison.Ordinal);
        Assert.Equal("yes", read.Context["good"]);
        Assert.Contains("'bad'", Assert.Single(_rig.Log.Of(ContextFailed)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CaptureAsync_isToldTheRun()
    {
        RunContextInput? told = null;
        var provider = new TestProvider("asks", run =>
        {
            told = run;
            return Task.FromResult<IReadOnlyList<RunContextValue>>([]);
        });
        await using var run = await Open(provider).StartRunAsync("flights", new RunOptions { Name = "monday" });
        await run.CompleteAsync();

        Assert.Equal(new RunContextInput(run.Id, "monday", "flights"), told);
    }

    [Fact]
    public async Task CaptureAsync_longText_isCut()
    {
        await using var run = await Open(new TestProvider("long", RunContextValue.Text("long", new string('x', 3999) + "😀" + "y"))).StartRunAsync("flights");
        await run.CompleteAsync();

        Assert.Equal(new string('x', 3999) + "…", (await _rig.Runs.GetAsync(run.Id)).Context["long"]);
    }

    private RunTracker Open(params IRunContextProvider[] providers) => Open(TimeSpan.FromMinutes(1), providers);

    private RunTracker Open(TimeSpan bound, params IRunContextProvider[] providers) => _rig.Open(o =>
    {
        var context = new RunContextOptions { Bound = bound }.Without("user", "host", "command", "entry", "runtime", "culture", "machine", "gpu", "packages", "environment");
        foreach (var provider in providers)
            context.Add(provider);
        return o with { Context = context };
    });
}
