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
        for (var i = 0; i < _sizes.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (isBinary)
            {
                yield return ("auc", _sizes[i], RocCurve.Of(scores[i], positive).Area);
                continue;
            }

            var (rmse, r2) = Fit(labels, scores[i]);
            yield return ("rmse", _sizes[i], rmse);
            yield return ("r2", _sizes[i], r2);
        }
    }

    private (List<double> Labels, double[][] Scores) Score(IDataView scored, string features, string label, CancellationToken cancellationToken)
    {
        List<double> labels = [];
        var prefixes = _sizes.Select(_ => new List<double>()).ToArray();
        var current = new double[_sizes.Length];
        float[] dense = [];
        var schema = scored.Schema;
        using var cursor = scored.GetRowCursor([schema[label], schema[features], schema["Score"]]);
        var labelOf = ScoredColumns.Number(cursor, schema[label]);
        var scoreOf = ScoredColumns.Number(cursor, schema["Score"]);
        var featuresOf = cursor.GetGetter<VBuffer<float>>(schema[features]);
        VBuffer<float> vector = default;
        while (cursor.MoveNext())
        {
            featuresOf(ref vector);
            if (dense.Length != vector.Length)
                dense = new float[vector.Length];
            vector.CopyTo(dense);
            _trees.Score(dense, _sizes, current);
            if (labels.Count < CheckedRows && Math.Abs(current[^1] - scoreOf()) > Tolerance * Math.Max(1, Math.Abs(current[^1])))
                throw new NotSupportedException($"the trees give {current[^1]} where the model gives {scoreOf()}, so their prefixes would mislead.");
            labels.Add(labelOf());
            for (var i = 0; i < current.Length; i++)
                prefixes[i].Add(current[i]);
            if (labels.Count % 4_096 == 0)
                cancellationToken.ThrowIfCancellationRequested();
        }

        return (labels, [.. prefixes.Select(p => p.ToArray())]);
    }

    // R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)²
    private static (double Rmse, double R2) Fit(List<double> labels, double[] scores)
    {
        var mean = labels.Average();
        var (errors, spread) = (0.0, 0.0);
        for (var i = 0; i < scores.Length; i++)
        {
            errors += (labels[i] - scores[i]) * (labels[i] - scores[i]);
            spread += (labels[i] - mean) * (labels[i] - mean);
        }

        return (Math.Sqrt(errors / scores.Length), 1 - (errors / spread));
    }
}
