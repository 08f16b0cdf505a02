using System.Diagnostics.CodeAnalysis;

namespace Mlops.Metadata;

/// <summary>Checks lists of numbers from 0 to 1.</summary>
internal static class Shares
{
    public static void Check([NotNull] IReadOnlyList<double>? values, int count, string name, bool increasing)
    {
        ArgumentNullException.ThrowIfNull(values, name);
        if (values.Count != count || count == 0)
            throw new ArgumentException($"There are {values.Count} values where {Math.Max(count, 1)} belong.", name);
        for (var i = 0; i < values.Count; i++)
        {
            if (values[i] is not (>= 0 and <= 1))
                throw new ArgumentException($"Value {i} is {values[i]:R}, not from 0 to 1.", name);
            if (increasing && i > 0 && values[i] < values[i - 1])
                throw new ArgumentException($"Value {i} is less than the one before.", name);
        }
    }
}
