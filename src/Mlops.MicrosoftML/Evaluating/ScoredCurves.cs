using Microsoft.ML;
using Microsoft.ML.Data;
using Mlops.Metadata;

namespace Mlops.MicrosoftML;

/// <summary>What scored data shows beyond the numbers of ML.NET.</summary>
internal static class ScoredCurves
{
    /// <summary>None where all labels are the same: then there is nothing to tell apart.</summary>
    public static IEnumerable<KeyValuePair<string, Func<RichValue>>> OfTwoClasses(IDataView scored, string label, CancellationToken cancellationToken)
    {
        var isCalibrated = scored.Schema.GetColumnOrNull("Probability") is not null;
        var columns = ScoredColumns.Read(scored, isCalibrated ? [label, "Score", "Probability"] : [label, "Score"], cancellationToken);
        var truth = Array.ConvertAll(columns[0], l => l > 0);
        if (truth.Contains(true) && truth.Contains(false))
        {
            yield return new("roc", () => RocCurve.Of(columns[1], truth));
            yield return new("precision_recall", () => PrecisionRecallCurve.Of(columns[1], truth));
        }

        if (isCalibrated && truth.Length > 0)
            yield return new("calibration", () => CalibrationCurve.Of(columns[2], truth));
    }

    /// <summary>None where no residual is finite, as of a regression that diverged.</summary>
    public static IEnumerable<KeyValuePair<string, Func<RichValue>>> Residuals(IDataView scored, string label, CancellationToken cancellationToken)
    {
        var columns = ScoredColumns.Read(scored, ["Score", label], cancellationToken);
        var residuals = columns[0].Zip(columns[1], (score, truth) => score - truth).ToArray();
        return residuals.Any(double.IsFinite) ? [new("residuals", () => Histogram.Of(residuals))] : [];
    }

    /// <summary>The names of the classes as the scores have them; null if they have none.</summary>
    public static IReadOnlyList<string>? Classes(IDataView scored) =>
        scored.Schema.GetColumnOrNull("Score") is { Type: VectorDataViewType { IsKnownSize: true } type } score && score.HasSlotNames()
            ? ColumnNames.Slots(score, type.Size)
            : null;
}
