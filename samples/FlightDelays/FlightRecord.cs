namespace FlightDelays;

/// <summary>One flight as it was recorded: when it left, from where to where, and how late it arrived.</summary>
internal sealed record FlightRecord(DateTime Departure, string Origin, string Destination, float DistanceMiles, int ArrivalDelayMinutes);
