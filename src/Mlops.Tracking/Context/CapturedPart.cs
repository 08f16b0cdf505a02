using System.Text;
using Microsoft.Extensions.Logging;
using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>What one provider told, or why it did not.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Values">What it told, without secrets.</param>
/// <param name="Problem">Why it told nothing; null if it did.</param>
internal sealed record CapturedPart(string Provider, IReadOnlyList<RunContextValue> Values, string? Problem = null)
{
    // all texts of a run go into one record, which must fit into a frame of the journal with its names
    private const int MostBytes = 256 * 1024;

    private int Bytes => Values.Sum(v => Encoding.UTF8.GetByteCount(v.Name) + (v.Value is { } value ? Encoding.UTF8.GetByteCount(value.AsText) : 0));

    /// <summary>What fits: of providers that told too much together, whoever told most told nothing.</summary>
    public static IReadOnlyList<CapturedPart> Fitting(IEnumerable<CapturedPart> parts, ILogger logger)
    {
        var kept = parts.ToList();
        while (kept.Sum(p => p.Bytes) > MostBytes)
        {
            var most = kept.MaxBy(p => p.Bytes)!;
            var problem = $"It told {most.Bytes} bytes, which is too much beside the rest; at most {MostBytes} are kept. Much text belongs into a table.";
            TrackingLog.ContextFailed(logger, most.Provider, problem, null);
            kept[kept.IndexOf(most)] = new CapturedPart(most.Provider, [], problem);
        }

        return kept;
    }
}
