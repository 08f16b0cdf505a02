namespace FlightDelays;

/// <summary>One flight as the trainer sees it: only what is known before it leaves, and whether it came late.</summary>
internal sealed class Flight
{
    /// <summary>The delay from which the U.S. Department of Transportation calls a flight late.</summary>
    private const int LateMinutes = 15;

    public float HourOfDay { get; init; }

    public string DayOfWeek { get; init; } = "";

    public string Origin { get; init; } = "";

    public string Destination { get; init; } = "";

    public float DistanceMiles { get; init; }

    public bool Label { get; init; }

    public static Flight Of(FlightRecord record) => new()
    {
        HourOfDay = (float)record.Departure.TimeOfDay.TotalHours,
        DayOfWeek = record.Departure.DayOfWeek.ToString(),
        Origin = record.Origin,
        Destination = record.Destination,
        DistanceMiles = record.DistanceMiles,
        Label = record.ArrivalDelayMinutes > LateMinutes,
    };
}
