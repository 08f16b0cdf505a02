using System.Diagnostics;
using FlightDelays;
using Microsoft.ML;
using Mlops.MicrosoftML;
using Mlops.Sdk;

namespace Mlops.Benchmarks.Figures;

/// <summary>
/// The trainings of the sample, each fitted, evaluated and saved: as tracked runs from start to durable end, against the same
/// without any tracking.
/// </summary>
internal sealed class MicrosoftMLOverhead : Figure
{
    private readonly bool _curve;
    private DelayClassifier? _classifier;
    private FitOptions? _options;
    private double _auc;

    private MicrosoftMLOverhead(string name, Bound bound, bool curve) => (Name, Bound, _curve) = (name, bound, curve);

    public override string Name { get; }

    public override string Unit => "s";

    public override string BaselineName => "untracked";

    public override Bound Bound { get; }

    public override int Rounds => 5;

    public static Figure WithoutCurve() => new MicrosoftMLOverhead("mlnet-overhead", Bound.AtMost(1.1), curve: false);

    public static Figure WithCurve() => new MicrosoftMLOverhead("mlnet-overhead-curve", Bound.AtMost(1.3), curve: true);

    public override Task PrepareAsync(Workspace workspace)
    {
        _classifier = new DelayClassifier(FlightData.Read("2001-01", "2001-02", "2001-03"), FlightData.Read("2001-04"));
        _options = new FitOptions { CurvePoints = 10 };
        if (_curve)
            _options = _options with { Curves = new Dictionary<string, IDataView> { ["train"] = _classifier.Train, ["test"] = _classifier.Test } };
        _auc = TrainUntracked(workspace).Auc;
        return Task.CompletedTask;
    }

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        await using var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = workspace.NewPath("mlnet") });
        var ml = _classifier!.Context;
        var auc = 0.0;
        var start = Stopwatch.GetTimestamp();
        foreach (var settings in TreeSettings.All)
        {
            await mlops.RunAsync("figures", async run =>
            {
                var model = await run.FitAsync(_classifier.Pipeline(settings), _classifier.Train, _options);
                auc += (await run.EvaluateAsync(ml.BinaryClassification, model.Transform(_classifier.Test), "test", step: settings.Trees)).AreaUnderRocCurve;
                await run.LogModelAsync(ml, model, _classifier.Train.Schema);
            });
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        MustBeZero("difference of the AUC", auc - _auc);
        return elapsed.TotalSeconds;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace) => Task.FromResult<double?>(TrainUntracked(workspace).Seconds);

    private (double Seconds, double Auc) TrainUntracked(Workspace workspace)
    {
        var ml = _classifier!.Context;
        var auc = 0.0;
        var start = Stopwatch.GetTimestamp();
        foreach (var settings in TreeSettings.All)
        {
            var model = _classifier.Pipeline(settings).Fit(_classifier.Train);
            auc += ml.BinaryClassification.Evaluate(model.Transform(_classifier.Test)).AreaUnderRocCurve;
            ml.Model.Save(model, _classifier.Train.Schema, workspace.NewPath("model.zip"));
        }

        return (Stopwatch.GetElapsedTime(start).TotalSeconds, auc);
    }
}
