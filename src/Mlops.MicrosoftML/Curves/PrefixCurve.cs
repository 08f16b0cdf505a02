using Microsoft.ML;
using Microsoft.ML.Data;

namespace Mlops.MicrosoftML;

/// <summary>
/// How good the first trees of an ensemble are alone. ML.NET tells nothing while it trains, but boosting only ever adds trees, so
/// the curve can be had afterwards from one model.
/// </summary>
internal sealed class PrefixCurve
{
    // sums of the same numbers, in another order at most
    private const double Tolerance = 1e-5;

    private const long MostBytesOfBlocks = 256 * 1024 * 1024;

    private readonly TreeEnsembleView _trees;
    private readonly int[] _sizes;

    public PrefixCurve(TreeEnsembleView trees, int points)
    {
        _trees = trees;
        _sizes = [.. Enumerable.Range(1, points).Select(i => (int)Math.Ceiling((double)trees.Count * i / points)).Distinct()];
    }

    /// <summary>The metrics of each prefix.</summary>
    /// <param name="model">The pipeline that the trees are part of.</param>
    /// <param name="data">The data before the pipeline.</param>
    /// <param name="label">The column with the truth, <c>Label</c> if null.</param>
    /// <param name="group">The column with the group that a row is ranked in, <c>GroupId</c> if null.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="NotSupportedException">There is no curve that would tell the truth.</exception>
    public IEnumerable<(string Metric, int Trees, double Value)> Evaluate(
        ITransformer model, IDataView data, string? label, string? group, CancellationToken cancellationToken)
    {
        var chain = TransformChain.Of(model, data.Schema);
        var metrics = PrefixMetrics.Of(chain.Predictor!, _trees, _sizes.Length);
        var scored = model.Transform(data);
        var columns = scored.Schema;
        Check(scored, columns[chain.FeatureColumn!]);
        Score(scored, columns[chain.FeatureColumn!], columns[label ?? "Label"], metrics.IsGrouped ? columns[group ?? "GroupId"] : null, metrics, cancellationToken);
        var values = new IReadOnlyList<(string Metric, double Value)>[_sizes.Length];
        Parallel.For(0, _sizes.Length, new ParallelOptions { CancellationToken = cancellationToken }, i => values[i] = metrics.Measure(i));
        return values.SelectMany((found, i) => found.Select(m => (m.Metric, _sizes[i], m.Value)));
    }

    /// <summary>How many blocks are worked on at once: one for each core while they fit into 256 MiB, and one at least.</summary>
    internal static int CountBlocks(long blockBytes, int cores) => (int)Math.Clamp(MostBytesOfBlocks / blockBytes, 1, cores);

    private void Score(
        IDataView scored, DataViewSchema.Column features, DataViewSchema.Column label, DataViewSchema.Column? group, PrefixMetrics metrics,
        CancellationToken cancellationToken)
    {
        var blocks = Array.ConvertAll(new RowBlock[CountBlocks(_trees.BlockBytes, Environment.ProcessorCount)], _ => _trees.NewBlock());
        var scores = Array.ConvertAll(_sizes, _ => new float[blocks.Length * RowBlock.Rows * _trees.Outputs]);
        List<double> labels = [], groups = [];
        using var cursor = scored.GetRowCursor(group is { } grouped ? [label, features, grouped] : [label, features]);
        var featuresOf = cursor.GetGetter<VBuffer<float>>(features);
        var labelOf = ScoredColumns.Label(cursor, label);
        var groupOf = group is { } column ? ScoredColumns.Number(cursor, column) : null;
        VBuffer<float> vector = default;
        for (var isMore = true; isMore;)
        {
            labels.Clear();
            groups.Clear();
            foreach (var block in blocks)
            {
                for (block.Clear(); block.Count < RowBlock.Rows && (isMore = isMore && cursor.MoveNext());)
                {
                    var truth = labelOf();
                    if (double.IsNaN(truth) && groupOf is null)
                        continue; // as ML.NET does; in a group it takes the place of another
                    labels.Add(truth);
                    if (groupOf is not null)
                        groups.Add(groupOf());
                    featuresOf(ref vector);
                    _trees.Add(block, vector);
                }
            }

            Parallel.For(
                0, blocks.Length, new ParallelOptions { CancellationToken = cancellationToken },
                i => _trees.Score(blocks[i], _sizes, scores, i * RowBlock.Rows));
            metrics.Add(labels, groups, scores);
        }
    }

    /// <summary>Throws if the trees do not give the scores that the model itself gives to the first rows.</summary>
    private void Check(IDataView scored, DataViewSchema.Column features)
    {
        // a look of its own: whoever asks for the scores has them computed for all rows that he looks at
        var score = scored.Schema["Score"];
        using var cursor = scored.GetRowCursor([features, score]);
        var featuresOf = cursor.GetGetter<VBuffer<float>>(features);
        var scoresOf = ScoredColumns.Numbers(cursor, score);
        var block = _trees.NewBlock();
        List<double> known = [];
        VBuffer<float> vector = default;
        while (block.Count < RowBlock.Rows && cursor.MoveNext())
        {
            featuresOf(ref vector);
            _trees.Add(block, vector);
            known.AddRange(scoresOf());
        }

        var sums = new float[block.Count * _trees.Outputs];
        if (sums.Length != known.Count)
            throw new NotSupportedException($"the model gives {known.Count} scores to {block.Count} rows, and its trees {sums.Length}.");
        _trees.Score(block, [_trees.Count], [sums], 0);
        for (var i = 0; i < sums.Length; i++)
        {
            if (!(Math.Abs(sums[i] - known[i]) <= Tolerance * Math.Max(1, Math.Abs(known[i]))))
                throw new NotSupportedException($"the trees give {sums[i]} where the model gives {known[i]}, so their prefixes would mislead.");
        }
    }
}
