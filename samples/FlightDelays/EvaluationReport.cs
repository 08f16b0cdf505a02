using System.Globalization;
using Microsoft.ML.Data;

namespace FlightDelays;

/// <summary>The evaluation as a page that a person reads in a year's time.</summary>
internal static class EvaluationReport
{
    public static string Write(TreeSettings settings, CalibratedBinaryClassificationMetrics test)
    {
        // ML.NET puts the positive class first: [actual][predicted], 0 is late, 1 is on time
        var counts = test.ConfusionMatrix.Counts;
        var flights = counts.Sum(row => row.Sum());
        var late = counts[0].Sum();

        return string.Create(CultureInfo.InvariantCulture, $"""
            # {settings.Name}

            Will a flight arrive more than 15 minutes late? {settings.Trees} trees of {settings.Leaves} leaves, learning rate
            {settings.LearningRate}, trained on January to March 2001.

            Evaluated on {flights:N0} flights of April 2001, of which {late:N0} ({late / flights:P1}) were late.

            | measure | value |
            |---|---:|
            | area under the ROC curve | {test.AreaUnderRocCurve:F4} |
            | area under the precision-recall curve | {test.AreaUnderPrecisionRecallCurve:F4} |
            | accuracy (always "on time": {1 - (late / flights):F4}) | {test.Accuracy:F4} |
            | precision | {test.PositivePrecision:F4} |
            | recall | {test.PositiveRecall:F4} |
            | F1 | {test.F1Score:F4} |
            | log-loss, bits | {test.LogLoss:F4} |
            | log-loss saved against the prior | {test.LogLossReduction:P2} |

            | | predicted late | predicted on time |
            |---|---:|---:|
            | **was late** | {counts[0][0]:N0} | {counts[0][1]:N0} |
            | **was on time** | {counts[1][0]:N0} | {counts[1][1]:N0} |

            """);
    }
}
