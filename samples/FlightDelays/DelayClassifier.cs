using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;

namespace FlightDelays;

/// <summary>The ML.NET part, without a word about tracking: which flights will arrive more than 15 minutes late?</summary>
internal sealed class DelayClassifier
{
    public const int Seed = 2001;

    private readonly MLContext _ml = new(Seed);
    private readonly IDataView _rawTrain;
    private readonly IDataView _train;
    private readonly IDataView _test;
    private readonly TransformerChain<ColumnConcatenatingTransformer> _features;

    public DelayClassifier(IReadOnlyList<Flight> train, IReadOnlyList<Flight> test)
    {
        var encodings = _ml.Transforms.Categorical;
        var featurize = encodings.OneHotEncoding(nameof(Flight.DayOfWeek))
            .Append(encodings.OneHotEncoding(nameof(Flight.Origin)))
            .Append(encodings.OneHotEncoding(nameof(Flight.Destination)))
            .Append(_ml.Transforms.Concatenate(
                "Features",
                nameof(Flight.HourOfDay),
                nameof(Flight.DistanceMiles),
                nameof(Flight.DayOfWeek),
                nameof(Flight.Origin),
                nameof(Flight.Destination)));

        _rawTrain = _ml.Data.LoadFromEnumerable(train);
        _features = featurize.Fit(_rawTrain);

        // every fit below reads the same columns, so they are computed once
        _train = _ml.Data.Cache(_features.Transform(_rawTrain), "Features", "Label");
        _test = _ml.Data.Cache(_features.Transform(_ml.Data.LoadFromEnumerable(test)), "Features", "Label");
    }

    public ITransformer Fit(TreeSettings settings, int trees) =>
        _ml.BinaryClassification.Trainers.FastTree(new FastTreeBinaryTrainer.Options
        {
            NumberOfTrees = trees,
            NumberOfLeaves = settings.Leaves,
            LearningRate = settings.LearningRate,
        }).Fit(_train);

    public CalibratedBinaryClassificationMetrics EvaluateOnTrain(ITransformer model) =>
        _ml.BinaryClassification.Evaluate(model.Transform(_train));

    public CalibratedBinaryClassificationMetrics EvaluateOnTest(ITransformer model) =>
        _ml.BinaryClassification.Evaluate(model.Transform(_test));

    /// <summary>Saves features and trees together, so that the file predicts from raw flights.</summary>
    public void Save(ITransformer model, Stream destination) =>
        _ml.Model.Save(_features.Append(model), _rawTrain.Schema, destination);
}
