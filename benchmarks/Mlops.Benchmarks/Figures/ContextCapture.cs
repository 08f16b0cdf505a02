using System.Diagnostics;
using LibGit2Sharp;
using Mlops.Git;
using Mlops.Sdk;

namespace Mlops.Benchmarks.Figures;

/// <summary>
/// Starting a run with everything captured, against starting one with nothing captured, in a dirty repository of 10,000 files. Each
/// start is the first of its client, and each look at the repository a new one.
/// </summary>
internal sealed class ContextCapture : Figure
{
    private const int Files = 10_000;
    private const int Folders = 100;
    private const int Dirty = 50;
    private const int Repeats = 10;
    private string _repository = "";
    private string _store = "";

    public override string Name => "context-capture";

    public override string Unit => "ms";

    public override string BaselineName => "none";

    public override Bound Bound => Bound.AtMost(50);

    public override int Rounds => 5;

    public override Task PrepareAsync(Workspace workspace)
    {
        _repository = workspace.NewPath("repository");
        _store = workspace.NewPath("store");
        for (var i = 0; i < Files; i++)
        {
            var folder = Path.Combine(_repository, $"folder{i % Folders}");
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, $"file{i}.cs"), $"// file {i}");
        }

        var author = new Signature("figures", "figures@example.com", DateTimeOffset.UnixEpoch);
        using var repository = new Repository(Repository.Init(_repository));
        Commands.Stage(repository, "*");
        repository.Commit("All", author, author);
        for (var i = 0; i < Dirty; i++)
            File.AppendAllText(Path.Combine(_repository, $"folder{i % Folders}", $"file{i}.cs"), " changed");
        return Task.CompletedTask;
    }

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        double added = 0;
        double captured = 0;
        for (var i = 0; i < Repeats; i++)
        {
            var bare = new MlopsOptions { Path = _store };
            bare.Context.WithoutAll();
            var without = await StartAsync(bare);
            var with = await StartAsync(new MlopsOptions { Path = _store }.UseGit(_repository));
            added += (with.Start - without.Start) / Repeats;
            captured += (with.Captured - without.Captured) / Repeats;
            if (with.Dirty != "true")
                MustBeZero("runs without the state of the repository", 1);
        }

        Note($"{captured:F1} ms until the whole context was durable, in the background of the run");
        return added;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace) => Task.FromResult<double?>(null);

    private static async Task<(double Start, double Captured, string? Dirty)> StartAsync(MlopsOptions options)
    {
        await using var mlops = await MlopsClient.OpenAsync(options);
        var clock = Stopwatch.GetTimestamp();
        await using var run = await mlops.StartRunAsync("figures");
        var start = Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
        await run.CompleteAsync();
        var captured = Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
        return (start, captured, (await mlops.Runs.GetAsync(run.Id)).Context.GetValueOrDefault("git.dirty"));
    }
}
