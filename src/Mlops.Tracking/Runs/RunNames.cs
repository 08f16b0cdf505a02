using System.Globalization;
using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>Readable names for runs that were given none, made from the random bits of their id.</summary>
internal static class RunNames
{
    private static readonly string[] First =
    [
        "amber", "bold", "brisk", "calm", "clear", "crisp", "deep", "early", "fair", "firm", "fresh", "gentle", "glad", "keen", "kind",
        "light", "lively", "lucid", "mellow", "mild", "neat", "noble", "plain", "quick", "quiet", "rapid", "ripe", "sound", "steady",
        "still", "warm", "wide",
    ];

    private static readonly string[] Second =
    [
        "acorn", "anchor", "aspen", "badger", "beacon", "birch", "breeze", "brook", "canyon", "cedar", "cliff", "comet", "delta",
        "falcon", "fern", "finch", "glacier", "harbor", "heron", "island", "lantern", "maple", "meadow", "orchard", "otter", "pebble",
        "pine", "prairie", "river", "summit", "thistle", "willow",
    ];

    public static string For(RunId id)
    {
        var bits = (ulong)id.Value.Value;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{First[bits % 32]}-{Second[(bits >> 5) % 32]}-{(bits >> 10) % 100:D2}");
    }
}
