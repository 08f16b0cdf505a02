using System.Globalization;
using Mlops.Benchmarks.Search;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Benchmarks.Figures;

/// <summary>Questions to a hundred thousand runs, against one wide table with an index on every column used; the slowest counts.</summary>
internal class Search(string name, double limit, params SearchQuestion[] questions) : Figure
{
    private SearchStores? _stores;
    private SearchQuestion _question = questions[0];
    private string _sql = "";

    public override string Name => name;

    public override string Unit => "ms";

    public override string BaselineName => "wide-table";

    public override Bound Bound => Bound.AtMost(limit);

    public override int Rounds => 7;

    public override int WarmUps => 3;

    public static Search OnePercent() => new("search-1pct", 3, ByMetric(0.01, whole: false));

    public static Search Half() => new("search-50pct", 3, ByMetric(0.5, whole: false));

    public static Search Hydrated() => new("search-hydrated", 5, ByMetric(0.01, whole: true));

    public static Search OrAndLike() => new(
        "search-or-like",
        4,
        new SearchQuestion(
            "or, like",
            0.001,
            x => new RunQuery
            {
                Experiment = SearchData.Experiment,
                Filter = new Filter.AnyOf([RunFilter.Metric("rmse", FilterOperator.Less, x), RunFilter.Param("note", FilterOperator.Like, "%needle%")]),
            },
            Whole: false,
            "SELECT id FROM runs WHERE rmse < $x OR note LIKE '%needle%' ORDER BY start DESC LIMIT 100",
            "SELECT id FROM runs WHERE rowid IN (SELECT rowid FROM runs WHERE rmse < $x UNION SELECT rowid FROM runs WHERE note LIKE '%needle%') ORDER BY start DESC LIMIT 100",
            "SELECT id FROM runs WHERE +rmse < $x OR note LIKE '%needle%' ORDER BY +start DESC LIMIT 100"),
        new SearchQuestion(
            "not",
            0.05,
            x => new RunQuery
            {
                Experiment = SearchData.Experiment,
                Filter = new Filter.AllOf([
                    new Filter.Negation(RunFilter.Param("model", FilterOperator.Equal, "a")), RunFilter.Metric("rmse", FilterOperator.Less, x)]),
            },
            Whole: false,
            "SELECT id FROM runs WHERE NOT model = 'a' AND rmse < $x ORDER BY start DESC LIMIT 100",
            "SELECT id FROM runs INDEXED BY by_start WHERE NOT model = 'a' AND rmse < $x ORDER BY start DESC LIMIT 100",
            "SELECT id FROM runs WHERE NOT model = 'a' AND rmse < $x ORDER BY +start DESC LIMIT 100"));

    public override async Task PrepareAsync(Workspace workspace)
    {
        _stores = await OpenAsync(workspace);
        if (_stores is null)
            return;
        var slowest = 0.0;
        foreach (var question in questions)
        {
            for (var i = 0; i < 5; i++)
                await question.AskOursAsync(_stores);
            var ours = await question.AskOursAsync(_stores);
            var (best, time) = ("", double.PositiveInfinity);
            foreach (var sql in question.Phrasings)
            {
                var once = await question.AskTableAsync(_stores, sql);
                once = Math.Min(once, await question.AskTableAsync(_stores, sql));
                if (once < time)
                    (best, time) = (sql, once);
            }

            Note($"{question.Name}: {ours:0.###} ms to {time:0.###} ms, ratio {ours / time:0.##}, by {best}");
            if (ours / time > slowest)
                (slowest, _question, _sql) = (ours / time, question, best);
        }
    }

    public override Task<double> MeasureOursAsync(Workspace workspace) => _question.AskOursAsync(_stores!);

    public override async Task<double?> MeasureBaselineAsync(Workspace workspace) => await _question.AskTableAsync(_stores!, _sql);

    /// <summary>The stores to ask; null if there is no server for them.</summary>
    protected virtual async Task<SearchStores?> OpenAsync(Workspace workspace) => await SearchStores.GetAsync();

    protected static SearchQuestion ByMetric(double x, bool whole)
    {
        var columns = whole ? "*" : "id";
        return new SearchQuestion(
            string.Create(CultureInfo.InvariantCulture, $"{x * 100} %"),
            x,
            x => new RunQuery
            {
                Experiment = SearchData.Experiment,
                Filter = new Filter.AllOf([RunFilter.Metric("rmse", FilterOperator.Less, x), RunFilter.Param("model", FilterOperator.Equal, "a")]),
                OrderBy = [RunOrder.Metric("rmse")],
            },
            whole,
            $"SELECT {columns} FROM runs WHERE rmse < $x AND model = 'a' ORDER BY rmse LIMIT 100",
            $"SELECT {columns} FROM runs WHERE rmse < $x AND model || '' = 'a' ORDER BY rmse LIMIT 100",
            $"SELECT {columns} FROM runs WHERE rmse + 0 < $x AND model = 'a' ORDER BY rmse + 0 LIMIT 100");
    }
}
