using Microsoft.ML;

namespace Mlops.MicrosoftML;

/// <summary>What <c>FitAsync</c> records beside what costs nothing.</summary>
public sealed record FitOptions
{
    /// <summary>
    /// Put before every key that is recorded, so that two trainings in one run stay apart: parameters are write-once. Empty by
    /// default.
    /// </summary>
    public string Prefix { get; init; } = "";

    /// <summary>
    /// How many first rows go into the data fingerprint, beside the schema and the number of rows if the data knows it; 10,000 by default.
    /// <see cref="long.MaxValue"/> reads all rows once more; 0 makes no fingerprint. All columns of these rows are read before the
    /// training, also those that the pipeline does not use, which nothing tells before it is fitted: where columns are costly to
    /// compute, cache the data, and where a source can be read only once, set 0, or the training misses these rows.
    /// </summary>
    public long FingerprintRows { get; init; } = 10_000;

    /// <summary>Whether weights, gains or effects are recorded where the model has them; true by default.</summary>
    public bool Importance { get; init; } = true;

    /// <summary>
    /// Data sets on which the first trees alone are evaluated, by the word before the metric: <c>["test"] = test</c> makes the
    /// curve <c>test_auc</c>. It costs a walk through all trees for each row. Empty by default: no curve. They have the columns of
    /// the training data. Binary classification gets <c>auc</c>; several classes <c>micro_accuracy</c>, and <c>log_loss</c> where the
    /// scores are probabilities; regression <c>rmse</c> and <c>r2</c>; ranking <c>ndcg_at_1</c> to <c>ndcg_at_10</c>. The step is the
    /// number of trees, of each class if there are several; where trees are dropped (DART) there is no curve. Probabilities of a forest are those of the calibration of all its trees.
    /// An evaluation of the same word logs the same keys: give it the number of all trees as its step, so that it ends the curve and does
    /// not begin it.
    /// </summary>
    public IReadOnlyDictionary<string, IDataView> Curves { get; init; } = new Dictionary<string, IDataView>();

    /// <summary>
    /// At how many sizes a curve is measured, evenly spread, the full one last; at least 1, 20 by default. For <c>auc</c> and the gains of
    /// a ranking the scores of all rows are held in memory until it is measured: 4 bytes for each row and size, and up to 16 for each row. The trees are
    /// asked for 1,024 rows at a time on each core, as far as that fits into 256 MiB: 128 bytes for each distinct split and 4 KiB for each
    /// feature that they ask for.
    /// </summary>
    public int CurvePoints { get; init; } = 20;

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(Prefix);
        ArgumentOutOfRangeException.ThrowIfNegative(FingerprintRows);
        ArgumentNullException.ThrowIfNull(Curves);
        ArgumentOutOfRangeException.ThrowIfLessThan(CurvePoints, 1);
    }
}
