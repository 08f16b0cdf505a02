namespace FlightDelays;

/// <summary>One flight as the trainer sees it: only what is known before it leaves, and whether it came late.</summary>
internal sealed class Flight
{
    public float HourOfDay { get; init; }

    public string DayOfWeek { get; init; } = "";

    public string Origin { get; init; } = "";

    public string Destination { get; init; } = "";

    public float DistanceMiles { get; init; }

    public bool Label { get; init; }
}
