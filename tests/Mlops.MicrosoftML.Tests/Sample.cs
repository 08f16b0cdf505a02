using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using FastTreePipeline = Microsoft.ML.Data.EstimatorChain<Microsoft.ML.Data.BinaryPredictionTransformer<
    Microsoft.ML.Calibrators.CalibratedModelParametersBase<Microsoft.ML.Trainers.FastTree.FastTreeBinaryModelParameters, Microsoft.ML.Calibrators.PlattCalibrator>>>;

namespace Mlops.MicrosoftML.Tests;

/// <summary>A row whose labels depend on its numbers and its word, with some noise.</summary>
internal sealed class Sample
{
    public float Size { get; init; }

    public float Weight { get; init; }

    public string Colour { get; init; } = "";

    public bool Label { get; init; }

    public float Price { get; init; }

    public string Kind { get; init; } = "";

    [KeyType(20)]
    public uint Group { get; init; }

    public static IReadOnlyList<Sample> Rows(int count, int seed = 1)
    {
        Random random = new(seed);
        string[] colours = ["red", "green", "blue"];
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var (size, weight, colour) = (random.NextSingle(), random.NextSingle(), random.Next(3));
            var price = (3 * size) + weight + (colour == 0 ? 1 : 0) + (0.2f * random.NextSingle());
            return new Sample
            {
                Size = size,
                Weight = weight,
                Colour = colours[colour],
                Label = price > 2.4f,
                Price = price,
                Kind = price switch { < 1.8f => "cheap", < 3 => "fair", _ => "dear" },
                Group = (uint)((i % 20) + 1),
            };
        })];
    }

    /// <summary>The same row, whose size nobody measured.</summary>
    public Sample WithoutSize() =>
        new() { Size = float.NaN, Weight = Weight, Colour = Colour, Label = Label, Price = Price, Kind = Kind, Group = Group };

    /// <summary>The features of every test, each with a name of its own.</summary>
    public static EstimatorChain<ColumnConcatenatingTransformer> Features(MLContext ml) =>
        ml.Transforms.Categorical.OneHotEncoding(nameof(Colour)).Append(ml.Transforms.Concatenate("Features", nameof(Size), nameof(Weight), nameof(Colour)));

    public static FastTreePipeline FastTree(MLContext ml, int trees) =>
        Features(ml).Append(ml.BinaryClassification.Trainers.FastTree(numberOfTrees: trees, numberOfLeaves: 6));
}
