using CsCheck;
using Mlops.Metadata;
using Xunit;

namespace Mlops.Storage.Conformance;

public abstract partial class MetadataStoreConformance
{
    private static readonly string[] SearchedExperiments = ["vision/cats", "vision/dogs", "text", "it's"];

    private static readonly string[] SearchedModels = ["a", "A", "b%", "it's", "7"];

    private static readonly string[] SearchedStatus = ["RUNNING", "FINISHED", "FAILED"];

    private static readonly string[] Signs = ["=", "!=", "<", "<=", ">", ">="];

    private static readonly string[] NumberNames = ["metrics.m", "min(metrics.m)", "count(metrics.m)", "step_of_max(metrics.m)", "params.trees"];

    private static readonly string[] TextNames = ["params.model", "tags.`it's a tag`", "run_name"];

    /// <summary>A condition as text, and what it says of a run; null is unknown.</summary>
    private static readonly Gen<(string Text, Func<SearchedRun, bool?> Says)> AnyCondition = Gen.Recursive<(string, Func<SearchedRun, bool?>)>((depth, self) =>
    {
        var numbers = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 5], Gen.Int[-1, 4]).Select((what, sign, right) =>
            ($"{NumberNames[what]} {Signs[sign]} {right}", Saying(r => NumberOf(r, what) is { } left ? Holds(left.CompareTo(right), sign) : null)));
        var ranges = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 2], Gen.Int[1, 4], Gen.Bool).Select((what, low, high, not) =>
            ($"{NumberNames[what]} {(not ? "NOT " : "")}BETWEEN {low} AND {high}", Saying(r => NumberOf(r, what) is { } left ? (left >= low && left <= high) != not : null)));
        var texts = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 5], Gen.Int[0, 4]).Select((what, sign, right) =>
            ($"{TextNames[what]} {Signs[sign]} {Quote(SearchedModels[right])}",
                Saying(r => TextOf(r, what) is { } left ? Holds(string.CompareOrdinal(left, SearchedModels[right]), sign) : null)));
        var lists = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 4], Gen.Int[0, 4], Gen.Bool).Select((what, one, two, not) =>
            ($"{TextNames[what]} {(not ? "NOT IN" : "IN")} ({Quote(SearchedModels[one])}, {Quote(SearchedModels[two])})",
                Saying(r => TextOf(r, what) is { } left ? (left == SearchedModels[one] || left == SearchedModels[two]) != not : null)));
        var patterns = Gen.Select(Gen.Int[0, 2], Gen.Bool).Select((what, ignoreCase) =>
            ($"{TextNames[what]} {(ignoreCase ? "ILIKE" : "LIKE")} 'A%'",
                Saying(r => TextOf(r, what) is { } left ? left[0] == 'A' || (ignoreCase && left[0] == 'a') : null)));
        var missing = Gen.Select(Gen.Int[0, 7], Gen.Bool).Select((what, not) =>
            ($"{(what < 5 ? NumberNames[what] : TextNames[what - 5])} IS {(not ? "NOT " : "")}NULL",
                Saying(r => (what < 5 ? NumberOf(r, what) is null : TextOf(r, what - 5) is null) != not)));
        var attributes = Gen.Int[0, 9].Select(i => i switch
        {
            0 => ("experiment LIKE 'vision/%'", Saying(r => r.Experiment.StartsWith("vision/", StringComparison.Ordinal))),
            1 => ("experiment != 'it''s'", Saying(r => r.Experiment != "it's")),
            2 => ("experiment IN ('text', 'absent')", Saying(r => r.Experiment == "text")),
            3 => ("experiment ILIKE 'absent%'", Saying(_ => false)),
            4 => ("status = 'failed'", Saying(r => r.Status == "FAILED")),
            5 => ("status NOT IN ('FINISHED', 'RUNNING')", Saying(r => r.Status == "FAILED")),
            6 => ("start_time >= '2026-03-01T12:03:00Z'", Saying(r => r.Start >= Start.AddMinutes(3))),
            7 => ("end_time < now() + 5m", Saying(r => r.End is { } end ? end < Start.AddMinutes(5) : null)),
            8 => ("lifecycle = 'deleted'", Saying(r => r.IsDeleted)),
            _ => ("FALSE", Saying(_ => false)),
        });
        var leaf = Gen.OneOf(numbers, ranges, texts, lists, patterns, missing, attributes);
        return depth >= 3
            ? leaf
            : Gen.OneOf(
                leaf,
                self.Select(f => ($"NOT ({f.Item1})", Saying(r => !f.Item2(r)))),
                Gen.Select(self, self, Gen.Bool).Select((a, b, and) => ($"({a.Item1}) {(and ? "AND" : "OR")} ({b.Item1})",
                    Saying(r => and ? a.Item2(r) & b.Item2(r) : a.Item2(r) | b.Item2(r)))));
    });

    [SkippableFact]
    public async Task SearchAsync_random_filters_agree_with_a_plain_evaluation_of_runs()
    {
        await using var store = await OpenAsync();
        var random = new Random(17);
        List<SearchedRun> runs = [];
        for (var i = 0; i < 50; i++)
            runs.Add(await SeedRunAsync(store, random, i));
        var folder = Directory.CreateTempSubdirectory("mlops-search-");
        try
        {
            var catalog = new RunCatalog(new MetadataContext(store, new ContentStore(new FolderObjectStore(folder.FullName)), time: Time));
            AnyCondition.Sample(
                condition =>
                {
                    // a filter that names the lifecycle sees deleted runs, any other does not
                    var seesDeleted = condition.Text.Contains("lifecycle", StringComparison.Ordinal);
                    var expected = runs.Where(r => condition.Says(r) == true && (seesDeleted || !r.IsDeleted)).OrderByDescending(r => r.Start).Select(r => r.Id);
                    var found = catalog.SearchAsync(condition.Text, "start_time DESC").GetAwaiter().GetResult();
                    Assert.Equal(expected, found.Runs.Select(r => r.Id));
                },
                print: c => c.Text,
                seed: "0000KtgHTpj3",
                iter: 800,
                threads: 1);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<SearchedRun> SeedRunAsync(IMetadataStore store, Random random, int i)
    {
        var id = new RunId(Ids.Next());
        var run = new SearchedRun(
            id,
            SearchedExperiments[random.Next(4)],
            SearchedModels[random.Next(5)],
            SearchedStatus[random.Next(3)],
            Start.AddMinutes(i / 4.0),
            random.Next(5) == 0,
            random.Next(3) == 0 ? null : SearchedModels[random.Next(5)],
            random.Next(3) == 0 ? null : random.Next(4),
            random.Next(3) == 0 ? null : SearchedModels[random.Next(5)],
            [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(6) == 0 ? double.NaN : random.Next(4))]);
        List<FieldWrite> fields = [];
        if (run.Model is { } model)
            fields.Add(RunRecord.Param("model", model, model == "7" ? 7 : null));
        if (run.Trees is { } trees)
            fields.Add(RunRecord.Param("trees", $"{trees}.0", trees));
        if (run.Tag is { } tag)
            fields.Add(RunRecord.Tag("it's a tag", tag));
        List<RecordChange> changes =
        [
            ExperimentRecord.Ensured(new ExperimentId(Ids.Next()), run.Experiment),
            RunRecord.Started(id, run.Experiment, run.Name, run.Start, new RecordId(99), null),
        ];
        if (fields.Count > 0)
            changes.Add(RunRecord.Logged(id, fields));
        if (run.End is { } end)
            changes.Add(RunRecord.Ended(id, new RunEnd(run.Status == "FAILED" ? RunStatus.Failed : RunStatus.Finished, end)));
        if (run.IsDeleted)
            changes.Add(RunRecord.Staged(id, LifecycleStage.Deleted));
        await store.CommitAsync(Of([.. changes]) with
        {
            Appends = run.Points.Count == 0 ? [] : [new SeriesAppend(id.Value, RunRecord.MetricSeries("m"), Columns(0, run.Points.Count, s => run.Points[(int)s]))],
        });
        return run;
    }

    private static Func<SearchedRun, bool?> Saying(Func<SearchedRun, bool?> says) => says;

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static bool Holds(int order, int sign) => sign switch { 0 => order == 0, 1 => order != 0, 2 => order < 0, 3 => order <= 0, 4 => order > 0, _ => order >= 0 };

    private static string? TextOf(SearchedRun run, int what) => what switch { 0 => run.Model, 1 => run.Tag, _ => run.Name };

    private static double? NumberOf(SearchedRun run, int what)
    {
        var numbers = run.Points.Where(p => !double.IsNaN(p)).ToList();
        double? number = what switch
        {
            0 => run.Points.Count == 0 ? null : run.Points[^1],
            1 => numbers.Count == 0 ? null : numbers.Min(),
            2 => run.Points.Count == 0 ? null : run.Points.Count,
            3 => numbers.Count == 0 ? null : run.Points.ToList().IndexOf(numbers.Max()),
            _ => run.Trees,
        };
        return number is double.NaN ? null : number;
    }

    private sealed record SearchedRun(
        RunId Id,
        string Experiment,
        string Name,
        string Status,
        DateTimeOffset Start,
        bool IsDeleted,
        string? Model,
        double? Trees,
        string? Tag,
        IReadOnlyList<double> Points)
    {
        public DateTimeOffset? End => Status == "RUNNING" ? null : Start.AddMinutes(1);
    }
}
