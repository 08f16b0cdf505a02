using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mlops.Tracking;

/// <summary>What tracking tells OpenTelemetry: the activity source and the meter <c>Mlops.Tracking</c>.</summary>
internal static class TrackingDiagnostics
{
    public static readonly ActivitySource Activities = new("Mlops.Tracking");
    public static readonly Meter Meter = new("Mlops.Tracking");

    public static readonly UpDownCounter<long> ActiveRuns =
        Meter.CreateUpDownCounter<long>("mlops.runs.active", "{run}", "Runs that are open in this process.");

    public static readonly Counter<long> Points =
        Meter.CreateCounter<long>("mlops.points", "{point}", "Points that reached the store.");

    public static readonly Counter<long> DroppedPoints =
        Meter.CreateCounter<long>("mlops.points.dropped", "{point}", "Points for which the journal had no room.");

    public static readonly Histogram<double> DrainDuration =
        Meter.CreateHistogram<double>("mlops.drain.duration", "s", "Time of one pass from the journal into the store.");

    public static readonly Counter<long> ArtifactBytes =
        Meter.CreateCounter<long>("mlops.artifact.size", "By", "Bytes of logged artifacts.");
}
