using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>The functions of metrics.</summary>
internal static class Aggregates
{
    // in the order of the enumeration, which begins at 1
    public static IReadOnlyList<string> Names { get; } = ["last", "min", "max", "count", "last_step", "step_of_min", "step_of_max"];

    public static string Name(SeriesAggregate aggregate) => Names[(int)aggregate - 1];

    public static bool TryParse(string name, out SeriesAggregate aggregate)
    {
        for (var i = 0; i < Names.Count; i++)
        {
            if (Names[i].Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                aggregate = (SeriesAggregate)(i + 1);
                return true;
            }
        }

        aggregate = default;
        return false;
    }
}
