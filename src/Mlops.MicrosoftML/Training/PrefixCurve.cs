using Microsoft.ML;
using Microsoft.ML.Data;

namespace Mlops.MicrosoftML;

/// <summary>
/// How good the first trees of an ensemble are alone. ML.NET tells nothing while it trains, but boosting only ever adds trees, so
/// the curve can be had afterwards from one model.
/// </summary>
internal sealed class PrefixCurve
{
    private const double Tolerance = 1e-3;
    private readonly TreeEnsembleView _trees;
    private readonly int[] _sizes;

    public PrefixCurve(TreeEnsembleView trees, int points)
    {
        _trees = trees;
        _sizes = [.. Enumerable.Range(1, points).Select(i => (int)Math.Ceiling((double)trees.Count * i / points)).Distinct()];
    }

    public IEnumerable<(string Metric, int Trees, double Value)> Evaluate(
        ITransformer model, IDataView data, string? label, CancellationToken cancellationToken)
    {
        var chain = TransformChain.Of(model, data.Schema);
        var isBinary = chain.Predictor!.GetType().Name.StartsWith("BinaryPrediction", StringComparison.Ordinal);
        if (!isBinary && !chain.Predictor!.GetType().Name.StartsWith("RegressionPrediction", StringComparison.Ordinal))
            throw new NotSupportedException("only binary classification and regression have a curve by prefixes.");
        var scored = model.Transform(data);
        Check(scored, chain.FeatureColumn!);
        var (labels, scores) = Score(scored, chain.FeatureColumn!, label ?? "Label", cancellationToken);
        var positive = isBinary ? labels.ConvertAll(l => l > 0).ToArray() : [];
        var values = new (string Metric, double Value)[_sizes.Length][];
        Parallel.For(0, _sizes.Length, new ParallelOptions { CancellationToken = cancellationToken }, i => values[i] = isBinary
            ? [("auc", RankArea.Of(scores[i].AsSpan(0, labels.Count), positive))]
            : Fit(labels, scores[i]));
        return values.SelectMany((metrics, i) => metrics.Select(m => (m.Metric, _sizes[i], m.Value)));
    }

    private (List<double> Labels, float[][] Scores) Score(IDataView scored, string features, string label, CancellationToken cancellationToken)
    {
        List<double> labels = [];
        var prefixes = Array.ConvertAll(_sizes, _ => Array.Empty<float>());
        var blocks = Array.ConvertAll(new RowBlock[Environment.ProcessorCount], _ => _trees.NewBlock());
        var schema = scored.Schema;
        using var cursor = scored.GetRowCursor([schema[label], schema[features]]);
        var labelOf = ScoredColumns.Number(cursor, schema[label]);
        var featuresOf = cursor.GetGetter<VBuffer<float>>(schema[features]);
        VBuffer<float> vector = default;
        var isMore = true;
        while (isMore)
        {
            var first = labels.Count;
            foreach (var block in blocks)
            {
                for (block.Clear(); block.Count < RowBlock.Rows && (isMore = isMore && cursor.MoveNext());)
                {
                    featuresOf(ref vector);
                    _trees.Add(block, vector);
                    labels.Add(labelOf());
                }
            }

            if (labels.Count > prefixes[0].Length)
                prefixes = Array.ConvertAll(prefixes, scores => { Array.Resize(ref scores, labels.Count * 2); return scores; });
            Parallel.For(
                0, blocks.Length, new ParallelOptions { CancellationToken = cancellationToken },
                i => _trees.Score(blocks[i], _sizes, prefixes, first + (i * RowBlock.Rows)));
        }

        return (labels, prefixes);
    }

    /// <summary>Throws if the trees do not give the scores that the model itself gives to the first rows.</summary>
    private void Check(IDataView scored, string features)
    {
        // a look of its own: whoever asks for the scores has them computed for all rows that he looks at
        var schema = scored.Schema;
        using var cursor = scored.GetRowCursor([schema[features], schema["Score"]]);
        var scoreOf = ScoredColumns.Number(cursor, schema["Score"]);
        var featuresOf = cursor.GetGetter<VBuffer<float>>(schema[features]);
        var block = _trees.NewBlock();
        List<double> known = [];
        VBuffer<float> vector = default;
        while (block.Count < RowBlock.Rows && cursor.MoveNext())
        {
            featuresOf(ref vector);
            _trees.Add(block, vector);
            known.Add(scoreOf());
        }

        var sums = new float[known.Count];
        _trees.Score(block, [_trees.Count], [sums], 0);
        for (var i = 0; i < sums.Length; i++)
        {
            if (Math.Abs(sums[i] - known[i]) > Tolerance * Math.Max(1, Math.Abs(known[i])))
                throw new NotSupportedException($"the trees give {sums[i]} where the model gives {known[i]}, so their prefixes would mislead.");
        }
    }

    // R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)²
    private static (string Metric, double Value)[] Fit(List<double> labels, float[] scores)
    {
        var mean = labels.Average();
        var (errors, spread) = (0.0, 0.0);
        for (var i = 0; i < labels.Count; i++)
        {
            errors += (labels[i] - scores[i]) * (labels[i] - scores[i]);
            spread += (labels[i] - mean) * (labels[i] - mean);
        }

        return [("rmse", Math.Sqrt(errors / labels.Count)), ("r2", 1 - (errors / spread))];
    }
}
