using System.Globalization;

namespace FlightDelays;

/// <summary>Reads the on-time records that lie beside the program (see data/README.md for their source).</summary>
internal static class FlightData
{
    /// <summary>The delay from which the U.S. Department of Transportation calls a flight late.</summary>
    private const int LateMinutes = 15;

    /// <summary>The flights of these months, given as year and month: "2001-01".</summary>
    public static IReadOnlyList<Flight> Read(params string[] months) =>
        [.. months.SelectMany(month => File.ReadLines(PathOf(month)).Skip(1)).Select(Parse)];

    private static string PathOf(string month) =>
        Path.Combine(AppContext.BaseDirectory, "data", $"flights-{month}.csv");

    // departure, origin, destination, distance_miles, arrival_delay_minutes; no field is quoted
    private static Flight Parse(string line)
    {
        var fields = line.Split(',');
        var departure = DateTime.Parse(fields[0], CultureInfo.InvariantCulture);
        return new Flight
        {
            HourOfDay = (float)departure.TimeOfDay.TotalHours,
            DayOfWeek = departure.DayOfWeek.ToString(),
            Origin = fields[1],
            Destination = fields[2],
            DistanceMiles = float.Parse(fields[3], CultureInfo.InvariantCulture),
            Label = int.Parse(fields[4], CultureInfo.InvariantCulture) > LateMinutes,
        };
    }
}
