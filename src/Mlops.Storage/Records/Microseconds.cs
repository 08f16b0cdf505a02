namespace Mlops.Storage;

/// <summary>The unit of stored time: microseconds since 1970-01-01 UTC, as a signed 64-bit number.</summary>
public static class Microseconds
{
    /// <summary>From an instant; finer parts are cut off towards the past.</summary>
    public static long From(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>To an instant in UTC.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The instant is outside the years 1 to 9999.</exception>
    public static DateTimeOffset ToTime(long microseconds) =>
        new(checked((microseconds * TimeSpan.TicksPerMicrosecond) + DateTimeOffset.UnixEpoch.Ticks), TimeSpan.Zero);
}
