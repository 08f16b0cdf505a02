using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.ML;
using Mlops.Metadata;
using Mlops.Tracking;

namespace Mlops.MicrosoftML;

/// <summary>What is found out about one training, and how it is put on the run.</summary>
internal sealed class TrainingReport(ActiveRun run, Func<string, string, CancellationToken, Task> logText, FitOptions options)
{
    public const string Warnings = "mlnet.warnings";
    public const int MaxTag = 4_000;
    private readonly ConcurrentQueue<string> _warnings = [];
    private readonly TrainingRecord _record = new() { Version = VersionOfMicrosoftML() };
    private string? _label;
    private string? _group;
    private bool _dropsTrees;

    /// <summary>Records what is known before the training.</summary>
    public void Before(object pipeline, IDataView data, CancellationToken cancellationToken)
    {
        Dictionary<string, object?> found = [];
        Try("pipeline", () => Describe(PipelineParts.Of(pipeline), found));
        Try("data", () =>
        {
            _record.InputSchema = SchemaColumn.Of(data.Schema);
            _record.Rows = data.GetRowCount();
            if (options.FingerprintRows > 0)
            {
                (var fingerprint, var rows) = DataFingerprint.Of(data, options.FingerprintRows, cancellationToken);
                found["data.fingerprint"] = _record.Fingerprint = fingerprint;
                _record.Rows ??= rows;
            }

            if (_record.Rows is { } known)
                found["data.rows"] = known;
        });
        cancellationToken.ThrowIfCancellationRequested();
        run.LogParams(found.Select(p => new KeyValuePair<string, object?>(options.Prefix + p.Key, p.Value)));
        SetTag("mlnet.version", _record.Version);
    }

    /// <summary>Records what the model tells. Fails for no reason, not even that the run has ended meanwhile: the model is there.</summary>
    public async Task AfterAsync(ITransformer model, IDataView data, TimeSpan elapsed, CancellationToken cancellationToken)
    {
        _record.Seconds = elapsed.TotalSeconds;
        Try("time", () => run.LogMetric(options.Prefix + "fit_seconds", elapsed.TotalSeconds));
        TransformChain? chain = null;
        var importance = Task.CompletedTask;
        Try("transforms", () => Describe(chain = TransformChain.Of(model, data.Schema), data.Schema));
        if (chain?.Predictor is ISingleFeaturePredictionTransformer<object> { Model: { } parameters })
        {
            if (options.Importance)
                importance = TryAsync("feature importance", () => LogImportanceAsync(chain, parameters, cancellationToken));
            foreach (var (part, on) in options.Curves)
                await TryAsync($"curve on '{part}'", () => LogCurveAsync(model, parameters, part, on, cancellationToken)).ConfigureAwait(false);
        }
        else if (options.Curves.Count > 0)
        {
            _warnings.Enqueue("There is no curve: the model is no ensemble of trees.");
        }

        _record.Warnings = [.. _warnings];
        var path = $"mlnet/{options.Prefix}training.json";
        await TryAsync(path, () => logText(JsonSerializer.Serialize(_record, MicrosoftMLJson.Default.TrainingRecord), path, cancellationToken))
            .ConfigureAwait(false);
        await importance.ConfigureAwait(false);
        if (!_warnings.IsEmpty)
            Try("warnings", () => SetTag(Warnings, string.Join('\n', _warnings)));
    }

    private void Describe(IReadOnlyList<object> parts, Dictionary<string, object?> found)
    {
        if ((PipelineParts.Trainer(parts) ?? PipelineParts.Stranger(parts)) is not { } trainer)
            return;
        found["trainer"] = _record.Trainer = trainer.GetType().Name;
        var values = PipelineParts.IsTrainer(trainer) ? TrainerOptions.Of(trainer) : new Dictionary<string, object?>();
        _label = TrainerOptions.LabelColumn(trainer);
        _group = values.GetValueOrDefault("RowGroupColumnName") as string;
        _dropsTrees = values.Any(p => p is { Value: > 0.0 } && p.Key.Split('.')[^1] is "DropoutRate" or "TreeDropFraction");
        _record.Options = values.ToDictionary(p => p.Key, p => Convert.ToString(p.Value, CultureInfo.InvariantCulture) ?? "null", StringComparer.Ordinal);
        foreach (var (key, value) in values)
            found[key] = value;
        if (values.Count == 0)
            _warnings.Enqueue($"The trainer {trainer.GetType().FullName} is unknown: its hyper-parameters are not recorded.");
    }

    private void Describe(TransformChain chain, DataViewSchema input)
    {
        _record.Steps = chain.Steps;
        _record.OutputSchema = SchemaColumn.Of(chain.Output);
        _record.Features = chain.Features(input);
        SetTag("mlnet.pipeline", string.Join(" | ", chain.Steps));
        if (_record.Features.Count > 0)
            SetTag("mlnet.features", string.Join(", ", _record.Features));
    }

    private async Task LogImportanceAsync(TransformChain chain, object parameters, CancellationToken cancellationToken)
    {
        if (ModelParameters.Importance(parameters) is not var (measure, weights) || chain.PredictorInput?.GetColumnOrNull(chain.FeatureColumn!) is not { } column)
            return;
        var table = FeatureImportance.Table(ColumnNames.Slots(column, weights.Length), measure, [.. weights.Select(w => (double)w)]);
        await run.LogAsync(options.Prefix + FeatureImportance.Key, table, cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    private Task LogCurveAsync(ITransformer model, object parameters, string part, IDataView data, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            if (_dropsTrees)
                throw new NotSupportedException("the trainer drops trees while it boosts (DART), so the first trees alone never were a model.");
            if (TreeEnsembleView.Of(parameters) is not { } trees)
            {
                _warnings.Enqueue($"There is no curve on '{part}': the model is no ensemble of trees, and not one for each class.");
                return;
            }

            PrefixCurve curve = new(trees, options.CurvePoints);
            foreach (var (metric, step, value) in curve.Evaluate(model, data, _label, _group, cancellationToken))
                run.LogMetric($"{options.Prefix}{part}_{metric}", value, step);
        },
        cancellationToken);

    private void Try(string what, Action read)
    {
        try
        {
            read();
        }
#pragma warning disable CA1031 // whatever a foreign component throws while it is read, it must not cost the training
        catch (Exception e)
#pragma warning restore CA1031
        {
            Warn(what, e);
        }
    }

    private async Task TryAsync(string what, Func<Task> record)
    {
        try
        {
            await record().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // as above: the model is there and goes to the caller
        catch (Exception e)
#pragma warning restore CA1031
        {
            Warn(what, e);
        }
    }

    private void Warn(string what, Exception e) => _warnings.Enqueue($"{what}: {e.GetType().Name}: {Redactor.Redact(e.Message)}");

    private void SetTag(string key, string text) => run.SetTag(options.Prefix + key, EntityText.Cut(text, MaxTag));

    private static string VersionOfMicrosoftML() =>
        typeof(MLContext).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
