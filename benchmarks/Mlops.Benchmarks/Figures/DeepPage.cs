using System.Diagnostics;
using Mlops.Benchmarks.Search;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Benchmarks.Figures;

/// <summary>The thousandth page of a hundred runs, against the first; of all runs by start and of filtered ones by a metric, the slower.</summary>
internal sealed class DeepPage : Figure
{
    private const int Calls = 40;
    private static readonly RunQuery[] Queries =
    [
        new() { Experiment = SearchData.Experiment },
        new() { Experiment = SearchData.Experiment, Filter = RunFilter.Metric("rmse", FilterOperator.Less, 1), OrderBy = [RunOrder.Metric("rmse")] },
    ];

    private RunCatalog? _runs;
    private (RunQuery First, RunQuery Deep) _slowest;

    public override string Name => "page-1000";

    public override string Unit => "ms";

    public override string BaselineName => "first-page";

    public override Bound Bound => Bound.AtMost(2);

    public override int Rounds => 7;

    public override int WarmUps => 3;

    public override async Task PrepareAsync(Workspace workspace)
    {
        _runs = (await SearchStores.GetAsync()).Runs;
        var slowest = 0.0;
        foreach (var query in Queries)
        {
            // a cursor may go on with pages of another size, so ten steps lead to the last page but one
            var deep = query with { Limit = 9_990 };
            for (var i = 0; i < 10; i++)
                deep = deep with { Cursor = (await _runs.QueryIdsAsync(deep)).Next };
            deep = deep with { Limit = 100 };
            await AskAsync(query);
            await AskAsync(deep);
            var (first, last) = (await AskAsync(query), await AskAsync(deep));
            Note($"{(query.Filter is null ? "all" : "filtered")}: first {first:0.###} ms, thousandth {last:0.###} ms");
            if (last / first > slowest)
                (slowest, _slowest) = (last / first, (query, deep));
        }
    }

    public override Task<double> MeasureOursAsync(Workspace workspace) => AskAsync(_slowest.Deep);

    public override async Task<double?> MeasureBaselineAsync(Workspace workspace) => await AskAsync(_slowest.First);

    private async Task<double> AskAsync(RunQuery query)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Calls; i++)
        {
            var count = (await _runs!.QueryIdsAsync(query)).Ids.Count;
            if (count != 100)
                throw new InvalidOperationException($"A page has {count} runs, not 100.");
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / Calls;
    }
}
