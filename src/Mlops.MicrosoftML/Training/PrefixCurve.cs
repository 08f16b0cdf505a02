using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Mlops.Metadata;

namespace Mlops.MicrosoftML;

/// <summary>
/// How good the first trees of an ensemble are alone. ML.NET tells nothing while it trains, but boosting only ever adds trees, so
/// the curve can be had afterwards from one model.
/// </summary>
internal sealed class PrefixCurve
{
    private const double Tolerance = 1e-3;
    private const int CheckedRows = 1_000;
    private const int BlockRows = 4_096;
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
        var (labels, scores) = Score(model.Transform(data), chain.FeatureColumn!, label ?? "Label", cancellationToken);
        var isBinary = chain.Predictor!.GetType().Name.StartsWith("BinaryPrediction", StringComparison.Ordinal);
        if (!isBinary && !chain.Predictor!.GetType().Name.StartsWith("RegressionPrediction", StringComparison.Ordinal))
            throw new NotSupportedException("only binary classification and regression have a curve by prefixes.");
        var positive = isBinary ? labels.ConvertAll(l => l > 0).ToArray() : [];
        var values = new (string Metric, double Value)[_sizes.Length][];
        Parallel.For(0, _sizes.Length, new ParallelOptions { CancellationToken = cancellationToken }, i => values[i] = isBinary
            ? [("auc", RocCurve.Of(CollectionsMarshal.AsSpan(scores[i]), positive).Area)]
            : Fit(labels, scores[i]));
        return values.SelectMany((metrics, i) => metrics.Select(m => (m.Metric, _sizes[i], m.Value)));
    }

    private (List<double> Labels, List<double>[] Scores) Score(IDataView scored, string features, string label, CancellationToken cancellationToken)
    {
        List<double> labels = [];
        var prefixes = Array.ConvertAll(_sizes, _ => new List<double>());
        List<float[]> block = [];
        List<double> known = [];
        var schema = scored.Schema;
        using var cursor = scored.GetRowCursor([schema[label], schema[features], schema["Score"]]);
        var labelOf = ScoredColumns.Number(cursor, schema[label]);
        var scoreOf = ScoredColumns.Number(cursor, schema["Score"]);
        var featuresOf = cursor.GetGetter<VBuffer<float>>(schema[features]);
        VBuffer<float> vector = default;
        while (cursor.MoveNext())
        {
            featuresOf(ref vector);
            var dense = new float[vector.Length];
            vector.CopyTo(dense);
            block.Add(dense);
            labels.Add(labelOf());
            if (known.Count < CheckedRows)
                known.Add(scoreOf());
            if (block.Count < BlockRows)
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            Add(prefixes, block);
        }

        Add(prefixes, block);
        for (var i = 0; i < known.Count; i++)
        {
            if (Math.Abs(prefixes[^1][i] - known[i]) > Tolerance * Math.Max(1, Math.Abs(known[i])))
                throw new NotSupportedException($"the trees give {prefixes[^1][i]} where the model gives {known[i]}, so their prefixes would mislead.");
        }

        return (labels, prefixes);
    }

    private void Add(List<double>[] prefixes, List<float[]> block)
    {
        if (block.Count == 0)
            return;
        var before = prefixes[0].Count;
        foreach (var scores in prefixes)
            CollectionsMarshal.SetCount(scores, before + block.Count);
        _trees.Score([.. block], _sizes, (prefix, row, score) => prefixes[prefix][before + row] = score);
        block.Clear();
    }

    // R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)²
    private static (string Metric, double Value)[] Fit(List<double> labels, List<double> scores)
    {
        var mean = labels.Average();
        var (errors, spread) = (0.0, 0.0);
        for (var i = 0; i < scores.Count; i++)
        {
            errors += (labels[i] - scores[i]) * (labels[i] - scores[i]);
            spread += (labels[i] - mean) * (labels[i] - mean);
        }

        return [("rmse", Math.Sqrt(errors / scores.Count)), ("r2", 1 - (errors / spread))];
    }
}
