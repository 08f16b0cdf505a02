using System.Globalization;

namespace FlightDelays;

/// <summary>Reads the on-time records that lie beside the program (see data/README.md for their source).</summary>
internal static class FlightData
{
    /// <summary>The flights of these months, given as year and month: "2001-01".</summary>
    public static IReadOnlyList<Flight> Read(params string[] months) => [.. ReadRecords(months).Select(Flight.Of)];

    /// <summary>The same flights as they were recorded.</summary>
    public static IReadOnlyList<FlightRecord> ReadRecords(params string[] months) =>
        [.. months.SelectMany(month => File.ReadLines(PathOf(month)).Skip(1)).Select(Parse)];

    /// <summary>The file of a month.</summary>
    public static string PathOf(string month) =>
        Path.Combine(AppContext.BaseDirectory, "data", $"flights-{month}.csv");

    // departure, origin, destination, distance_miles, arrival_delay_minutes; no field is quoted
    private static FlightRecord Parse(string line)
    {
        var fields = line.Split(',');
        return new FlightRecord(
            DateTime.Parse(fields[0], CultureInfo.InvariantCulture),
            fields[1],
            fields[2],
            float.Parse(fields[3], CultureInfo.InvariantCulture),
            int.Parse(fields[4], CultureInfo.InvariantCulture));
    }
}
