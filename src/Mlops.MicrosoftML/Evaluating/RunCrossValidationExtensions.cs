using Microsoft.ML;
using Mlops.Tracking;

namespace Mlops.MicrosoftML;

/// <summary>Cross-validation, each fold a run of its own.</summary>
public static class RunCrossValidationExtensions
{
    /// <summary>
    /// Splits data as <c>CrossValidate</c> does, and fits and evaluates each fold in a child run, which is recorded as
    /// <c>FitAsync</c> records. This run gets mean and standard deviation of each metric, such as
    /// <c>auc_mean</c> and <c>auc_std</c>.
    /// </summary>
    /// <param name="run">The run whose children the folds are.</param>
    /// <param name="mlContext">The context; its seed decides the folds if <paramref name="seed"/> does not.</param>
    /// <param name="pipeline">What is fitted, anew for each fold.</param>
    /// <param name="data">All data.</param>
    /// <param name="evaluate">
    /// Evaluates the fold's scored test data in its run and returns the result, such as
    /// <c>(fold, scored) =&gt; fold.EvaluateAsync(mlContext.BinaryClassification, scored)</c>.
    /// </param>
    /// <param name="folds">At least 2.</param>
    /// <param name="samplingKeyColumn">Rows with the same value in this column come into the same fold; none if null.</param>
    /// <param name="seed">The seed of the split; that of the context if null.</param>
    /// <param name="options">What is recorded of each fit.</param>
    /// <param name="cancellationToken">Cancels before and after each fit and each evaluation; the fold at hand then ends as KILLED.</param>
    /// <returns>The results of the folds in order.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="evaluate"/> returned no result of an <c>Evaluate</c> of ML.NET; the first fold has failed and no other was begun.
    /// </exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public static async Task<IReadOnlyList<TMetrics>> CrossValidateAsync<TMetrics>(
        this ActiveRun run,
        MLContext mlContext,
        IEstimator<ITransformer> pipeline,
        IDataView data,
        Func<ActiveRun, IDataView, Task<TMetrics>> evaluate,
        int folds = 5,
        string? samplingKeyColumn = null,
        int? seed = null,
        FitOptions? options = null,
        CancellationToken cancellationToken = default)
        where TMetrics : class
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(evaluate);
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        List<TMetrics> results = [];
        List<KeyValuePair<string, double>> numbers = [];
        foreach (var (split, i) in mlContext.Data.CrossValidationSplit(data, folds, samplingKeyColumn, seed).Select((split, i) => (split, i)))
        {
            var child = await run.StartChildAsync(new RunOptions { Name = MetricLog.FoldName(i) }, cancellationToken).ConfigureAwait(false);
            await using (child.ConfigureAwait(false))
            {
                try
                {
                    var model = await child.FitAsync(pipeline, split.TrainSet, options, cancellationToken).ConfigureAwait(false);
                    cancellationToken.ThrowIfCancellationRequested(); // a fit returns its model all the same
                    var result = await evaluate(child, model.Transform(split.TestSet)).ConfigureAwait(false);
                    cancellationToken.ThrowIfCancellationRequested();
                    numbers.AddRange(MetricNumbers.Of(result));
                    results.Add(result);
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    await child.KillAsync(CancellationToken.None).ConfigureAwait(false);
                    throw;
                }
                catch (Exception e)
                {
                    await child.FailAsync(e, CancellationToken.None).ConfigureAwait(false);
                    throw;
                }

                await child.CompleteAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        new MetricLog(run, null, 0).LogFolds(numbers);
        return results;
    }
}
