using System.Collections;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Trainers;

namespace Mlops.MicrosoftML;

/// <summary>Makes the scores of the classes of a row, in place, out of what the model of each class says alone.</summary>
internal delegate void ScoreLink(Span<float> row);

/// <summary>The models of the classes that ML.NET keeps behind one of several classes, and how it joins them.</summary>
internal static class ClassScores
{
    /// <summary>The link is null where the scores are left as they are.</summary>
    /// <exception cref="NotSupportedException">It joins them in a way that is unknown here.</exception>
    public static (IReadOnlyList<object> Models, ScoreLink? Link) Of(OneVersusAllModelParameters model)
    {
        var way = Hidden.Field(model, "_impl");
        var models = Models(model);
        return way?.GetType().Name switch
        {
            "ImplRaw" => (models, null),
            "ImplSoftmax" => (models, Softmax),
            "ImplDist" => (models, Normalized(models.ConvertAll(Calibrator))),
            _ => throw new NotSupportedException($"the way in which the model joins its classes ({way?.GetType().Name}) is unknown."),
        };
    }

    /// <exception cref="NotSupportedException">It does not show them.</exception>
    public static List<object> Models(OneVersusAllModelParameters model) =>
        (Hidden.Property(model, "SubModelParameters") as IEnumerable)?.Cast<object>().ToList()
        ?? throw new NotSupportedException("the model does not show the models of its classes.");

    private static PlattCalibrator Calibrator(object model) =>
        Hidden.Property(model, "Calibrator") as PlattCalibrator
        ?? throw new NotSupportedException("the probabilities of a class do not come from a Platt calibrator.");

    // p = 1 / (1 + exp(slope·score + offset)), divided by the sum over the classes
    private static ScoreLink Normalized(List<PlattCalibrator> calibrators) => row =>
    {
        var sum = 0.0;
        for (var i = 0; i < row.Length; i++)
            sum += row[i] = (float)(1 / (1 + Math.Exp((calibrators[i].Slope * row[i]) + calibrators[i].Offset)));
        for (var i = 0; i < row.Length && sum > 0; i++)
            row[i] = (float)(row[i] / sum);
    };

    private static void Softmax(Span<float> row)
    {
        var sum = 0f;
        for (var i = 0; i < row.Length; i++)
            sum += row[i] = (float)Math.Exp(row[i]);
        for (var i = 0; i < row.Length; i++)
            row[i] /= sum;
    }
}
