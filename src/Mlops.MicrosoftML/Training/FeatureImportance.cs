using Mlops.Metadata;

namespace Mlops.MicrosoftML;

/// <summary>Importances as a table, the largest first.</summary>
internal static class FeatureImportance
{
    public const string Key = "feature_importance";

    // a text featurizer makes hundreds of thousands of features, of which nobody looks at the least
    private const int MostFeatures = 1_000;

    public static TableValue Table(IReadOnlyList<string> features, string measure, IReadOnlyList<double> values)
    {
        var order = Enumerable.Range(0, values.Count).OrderByDescending(i => Math.Abs(values[i])).Take(MostFeatures).ToList();
        return new TableValue(
        [
            new ValueColumn("feature", order.ConvertAll(i => (string?)features[i])),
            new ValueColumn(measure, order.ConvertAll(i => (double?)values[i])),
        ]);
    }
}
