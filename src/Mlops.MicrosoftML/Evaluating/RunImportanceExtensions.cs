using Microsoft.ML;
using Microsoft.ML.Data;
using Mlops.Tracking;

namespace Mlops.MicrosoftML;

/// <summary>Permutation importance: how much worse a model becomes if the values of one feature are shuffled.</summary>
public static class RunImportanceExtensions
{
    private const string Key = "permutation_importance";

    /// <summary>
    /// Shuffles each slot of the feature column in turn and logs, as a table of the key <c>permutation_importance</c>, how much
    /// better the unshuffled data does on average, by R². Costs an evaluation for each slot.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="catalog">Such as <c>mlContext.Regression</c>.</param>
    /// <param name="model">A fitted pipeline that ends in a predictor.</param>
    /// <param name="data">Data before the pipeline, best such as the model has not seen.</param>
    /// <param name="label">The column with the truth.</param>
    /// <param name="permutations">How often each slot is shuffled.</param>
    /// <param name="cancellationToken">Cancels before and after the computation, of which ML.NET's part takes no token.</param>
    /// <exception cref="ArgumentException">The pipeline has no predictor of one feature column.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public static Task LogPermutationImportanceAsync(
        this ActiveRun run, RegressionCatalog catalog, ITransformer model, IDataView data, string label = "Label", int permutations = 1,
        CancellationToken cancellationToken = default) =>
        LogAsync(
            run, model, data, "R² lost",
            (predictor, input) => catalog.PermutationFeatureImportance(predictor, input, label, permutationCount: permutations).Select(m => -m.RSquared.Mean),
            cancellationToken);

    /// <summary>The same by the area under the ROC curve.</summary>
    /// <inheritdoc cref="LogPermutationImportanceAsync(ActiveRun, RegressionCatalog, ITransformer, IDataView, string, int, CancellationToken)"/>
    public static Task LogPermutationImportanceAsync(
        this ActiveRun run, BinaryClassificationCatalog catalog, ITransformer model, IDataView data, string label = "Label", int permutations = 1,
        CancellationToken cancellationToken = default) =>
        LogAsync(
            run, model, data, "AUC lost",
            (predictor, input) => catalog.PermutationFeatureImportance(predictor, input, label, permutationCount: permutations).Select(m => -m.AreaUnderRocCurve.Mean),
            cancellationToken);

    /// <summary>The same by the share of right predictions.</summary>
    /// <inheritdoc cref="LogPermutationImportanceAsync(ActiveRun, RegressionCatalog, ITransformer, IDataView, string, int, CancellationToken)"/>
    public static Task LogPermutationImportanceAsync(
        this ActiveRun run, MulticlassClassificationCatalog catalog, ITransformer model, IDataView data, string label = "Label", int permutations = 1,
        CancellationToken cancellationToken = default) =>
        LogAsync(
            run, model, data, "accuracy lost",
            (predictor, input) => catalog.PermutationFeatureImportance(predictor, input, label, permutationCount: permutations).Select(m => -m.MicroAccuracy.Mean),
            cancellationToken);

    /// <summary>The same for a ranking, by NDCG of the first places of each group.</summary>
    /// <param name="run">The run.</param>
    /// <param name="catalog">Such as <c>mlContext.Ranking</c>.</param>
    /// <param name="model">A fitted pipeline that ends in a ranker.</param>
    /// <param name="data">Data before the pipeline, groups one after the other, best such as the model has not seen.</param>
    /// <param name="label">The column with the truth.</param>
    /// <param name="group">The column, a key, that says which rows are ranked among each other.</param>
    /// <param name="places">How many places of a group count, 1 to 10.</param>
    /// <param name="permutations">How often each slot is shuffled.</param>
    /// <param name="cancellationToken">Cancels before and after the computation, of which ML.NET's part takes no token.</param>
    /// <exception cref="ArgumentException">The pipeline has no predictor of one feature column, or the places are out of range.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public static Task LogPermutationImportanceAsync(
        this ActiveRun run, RankingCatalog catalog, ITransformer model, IDataView data, string label = "Label", string group = "GroupId",
        int places = 10, int permutations = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(places, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(places, 10); // so many does ML.NET measure
        return LogAsync(
            run, model, data, FormattableString.Invariant($"NDCG@{places} lost"),
            (predictor, input) => catalog.PermutationFeatureImportance(predictor, input, label, group, permutationCount: permutations)
                .Select(m => -m.NormalizedDiscountedCumulativeGains[places - 1].Mean),
            cancellationToken);
    }

    private static async Task LogAsync(
        ActiveRun run, ITransformer model, IDataView data, string measure,
        Func<ISingleFeaturePredictionTransformer<object>, IDataView, IEnumerable<double>> shuffle, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        var chain = TransformChain.Of(model, data.Schema);
        if (chain.Predictor is not ISingleFeaturePredictionTransformer<object> predictor)
            throw new ArgumentException("The model has no predictor of one feature column, so there is nothing to shuffle.", nameof(model));
        var losses = await Task.Run(() => shuffle(predictor, model.Transform(data)).ToList(), cancellationToken).ConfigureAwait(false);
        var names = ColumnNames.Slots(chain.PredictorInput![chain.FeatureColumn!], losses.Count);
        await run.LogAsync(Key, FeatureImportance.Table(names, measure, losses), cancellationToken: cancellationToken).ConfigureAwait(false);
    }
}
