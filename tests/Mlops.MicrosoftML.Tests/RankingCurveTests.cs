using Microsoft.ML;
using Microsoft.ML.Data;
using Mlops.Metadata;

namespace Mlops.MicrosoftML.Tests;

/// <summary>Curves of rankings, against what ML.NET says of the whole model.</summary>
public sealed class RankingCurveTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _train;
    private readonly IDataView _test;

    public RankingCurveTests() => (_train, _test) = (Rows(400, 1), Rows(2_500, 2));

    [Fact]
    public async Task Curves_fastTree_areThoseOfSmallerModels()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var run = await store.RecordAsync(run => run.FitAsync(FastTree(20), _train, Test()));

        Assert.True(!run.Tags.TryGetValue("mlnet.warnings", out var warnings), warnings);
        foreach (var place in (int[])[1, 3, 10])
        {
            var points = await store.Client.Runs.ReadMetricAsync(run.Id, $"test_ndcg_at_{place}");
            Assert.Equal([5L, 10, 15, 20], points.Select(p => p.Step));
            foreach (var point in points)
                Assert.Equal(Evaluate(FastTree((int)point.Step).Fit(_train)).NormalizedDiscountedCumulativeGains[place - 1], point.Value, 12);
        }
    }

    [Fact]
    public async Task Curves_lightGbm_endAtTheModel()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var pipeline = Sample.Features(_ml).Append(_ml.Ranking.Trainers.LightGbm(nameof(RankedSample.Rank), rowGroupColumnName: "Query", numberOfIterations: 12));
        var (run, model) = await store.RecordResultAsync(run => run.FitAsync(pipeline, _train, Test()));

        Assert.True(!run.Tags.TryGetValue("mlnet.warnings", out var warnings), warnings);
        Assert.Equal([3L, 6, 9, 12], (await store.Client.Runs.ReadMetricAsync(run.Id, "test_ndcg_at_1")).Select(p => p.Step));
        var expected = Evaluate(model).NormalizedDiscountedCumulativeGains;
        Assert.All(expected, (value, i) => Assert.Equal(value, run.Metrics[$"test_ndcg_at_{i + 1}"].Last, 12));
    }

    [Fact]
    public async Task Curves_ofDataWithoutTheGroup_areNotedAndTheModelIsThere()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var ungrouped = _ml.Transforms.DropColumns("Query").Fit(_test).Transform(_test);
        var (run, model) = await store.RecordResultAsync(run => run.FitAsync(
            FastTree(5), _train, new FitOptions { Curves = new Dictionary<string, IDataView> { ["test"] = ungrouped } }));
        Assert.NotNull(model);
        Assert.Contains("curve on 'test': ", run.Tags["mlnet.warnings"], StringComparison.Ordinal);
    }

    private EstimatorChain<ITransformer> FastTree(int trees) => Sample.Features(_ml).Append<ITransformer>(
        _ml.Ranking.Trainers.FastTree(nameof(RankedSample.Rank), rowGroupColumnName: "Query", numberOfTrees: trees, numberOfLeaves: 6));

    private FitOptions Test() => new() { Curves = new Dictionary<string, IDataView> { ["test"] = _test }, CurvePoints = 4 };

    private RankingMetrics Evaluate(ITransformer model) => _ml.Ranking.Evaluate(model.Transform(_test), nameof(RankedSample.Rank), "Query");

    // groups of 15 rows, with grades that the features do not tell for certain
    private IDataView Rows(int count, int seed) => _ml.Data.LoadFromEnumerable(Sample.Rows(count, seed).Select((row, i) => new RankedSample
    {
        Size = row.Size,
        Weight = row.Weight,
        Colour = row.Colour,
        Rank = (int)(row.Price + (i % 7 / 4f)) % 5,
        Query = (uint)((i / 15) + 1),
    }));

    private sealed class RankedSample
    {
        public float Size { get; init; }

        public float Weight { get; init; }

        public string Colour { get; init; } = "";

        public float Rank { get; init; }

        [KeyType(1_000)]
        public uint Query { get; init; }
    }
}
