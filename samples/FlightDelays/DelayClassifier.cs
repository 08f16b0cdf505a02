using Microsoft.ML;
using Microsoft.ML.Trainers.FastTree;

namespace FlightDelays;

/// <summary>The ML.NET part, without a word about tracking: which flights will arrive more than 15 minutes late?</summary>
internal sealed class DelayClassifier
{
    public const int Seed = 2001;

    public DelayClassifier(IReadOnlyList<Flight> train, IReadOnlyList<Flight> test) =>
        (Train, Test) = (Context.Data.LoadFromEnumerable(train), Context.Data.LoadFromEnumerable(test));

    public MLContext Context { get; } = new(Seed);

    public IDataView Train { get; }

    public IDataView Test { get; }

    /// <summary>Features and trees together, so that the model predicts from raw flights.</summary>
    public IEstimator<ITransformer> Pipeline(TreeSettings settings)
    {
        var encodings = Context.Transforms.Categorical;
        return encodings.OneHotEncoding(nameof(Flight.DayOfWeek))
            .Append(encodings.OneHotEncoding(nameof(Flight.Origin)))
            .Append(encodings.OneHotEncoding(nameof(Flight.Destination)))
            .Append(Context.Transforms.Concatenate(
                "Features",
                nameof(Flight.HourOfDay),
                nameof(Flight.DistanceMiles),
                nameof(Flight.DayOfWeek),
                nameof(Flight.Origin),
                nameof(Flight.Destination)))
            .Append(Context.BinaryClassification.Trainers.FastTree(new FastTreeBinaryTrainer.Options
            {
                NumberOfTrees = settings.Trees,
                NumberOfLeaves = settings.Leaves,
                LearningRate = settings.LearningRate,
            }));
    }
}
