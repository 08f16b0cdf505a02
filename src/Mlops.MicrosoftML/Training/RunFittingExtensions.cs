using System.Diagnostics;
using Microsoft.ML;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.MicrosoftML;

/// <summary>Fits ML.NET pipelines as part of a run.</summary>
public static class RunFittingExtensions
{
    /// <summary>
    /// <c>pipeline.Fit(data)</c>, on a thread of the pool, recorded on the run: as parameters the trainer, its hyper-parameters,
    /// the number of rows where it is known and the fingerprint of the data; as metric <c>fit_seconds</c>; as tags the pipeline,
    /// the features and the version of ML.NET; as table <c>feature_importance</c> what the model says of its features; and all of
    /// it with the schemas in <c>mlnet/training.json</c>.
    /// </summary>
    /// <remarks>
    /// What cannot be read, such as the options of a trainer that is no ML.NET trainer, is noted in the tag <c>mlnet.warnings</c>
    /// and the training goes on. Everything is thrown before the training or by it; a model that was fitted is returned.
    /// </remarks>
    /// <param name="run">The run.</param>
    /// <param name="pipeline">Any estimator: a trainer alone, or a chain.</param>
    /// <param name="data">The training data.</param>
    /// <param name="options">What else to record.</param>
    /// <param name="cancellationToken">Cancels before the training begins: ML.NET's own training takes no token. Later the model is returned, with a note of what was left out.</param>
    /// <returns>The fitted model, as <c>Fit</c> returns it.</returns>
    /// <exception cref="ImmutableException">
    /// The run has a parameter of the same name with another value, as of another training with the same <see cref="FitOptions.Prefix"/>;
    /// nothing was trained.
    /// </exception>
    /// <exception cref="InvalidOperationException">The run had ended or was deleted before the training began.</exception>
    public static Task<TModel> FitAsync<TModel>(
        this ActiveRun run, IEstimator<TModel> pipeline, IDataView data, FitOptions? options = null, CancellationToken cancellationToken = default)
        where TModel : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(run);
        return FitAsync(run, run.LogTextAsync, pipeline, data, options, cancellationToken);
    }

    /// <summary>The same, with <c>mlnet/training.json</c> as output of a step.</summary>
    /// <inheritdoc cref="FitAsync{TModel}(ActiveRun, IEstimator{TModel}, IDataView, FitOptions?, CancellationToken)"/>
    public static Task<TModel> FitAsync<TModel>(
        this ActiveStep step, IEstimator<TModel> pipeline, IDataView data, FitOptions? options = null, CancellationToken cancellationToken = default)
        where TModel : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(step);
        return FitAsync(step.Run, step.LogTextAsync, pipeline, data, options, cancellationToken);
    }

    private static async Task<TModel> FitAsync<TModel>(
        ActiveRun run, Func<string, string, CancellationToken, Task> logText, IEstimator<TModel> pipeline, IDataView data, FitOptions? options,
        CancellationToken cancellationToken)
        where TModel : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(data);
        options ??= new FitOptions();
        options.Check();
        TrainingReport report = new(run, logText, options);
        await Task.Run(() => report.Before(pipeline, data, cancellationToken), cancellationToken).ConfigureAwait(false);
        var start = Stopwatch.GetTimestamp();
        var model = await Task.Run(() => pipeline.Fit(data), cancellationToken).ConfigureAwait(false);
        await report.AfterAsync(model, data, Stopwatch.GetElapsedTime(start), cancellationToken).ConfigureAwait(false);
        return model;
    }
}
