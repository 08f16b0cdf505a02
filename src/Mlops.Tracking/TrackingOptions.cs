using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>How runs are tracked. The defaults suit a training program on a laptop or server.</summary>
public sealed record TrackingOptions
{
    private static readonly string User = Environment.UserName is { Length: > 0 } name ? name : "unknown";

    /// <summary>The folder of the journals, on a local disk; each open client has a folder of its own in it.</summary>
    public required string JournalPath { get; init; }

    /// <summary>Who logs, as it appears in the audit; by default the user's name.</summary>
    public string Actor { get; init; } = User;

    /// <summary>The clock; the system's by default.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How often what was logged moves from the journal into the store; 1 second by default, 10 ms to 1 hour.</summary>
    public TimeSpan DrainInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Most bytes of journal files on disk; 1 GiB by default, at least 16 MiB. While the store does not keep up and the journal
    /// is full, a logging call waits up to 100 ms, then the point is dropped and counted on its run.
    /// </summary>
    public long JournalBoundBytes { get; init; } = 1L << 30;

    /// <summary>How long completing, flushing and disposing wait for the store; 30 seconds by default.</summary>
    public TimeSpan FlushBound { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a client that gives no sign of life is thought to live; 60 seconds by default, at least 3. It gives one at least
    /// three times as often, whatever <see cref="DrainInterval"/> is. After that its running runs are marked FAILED with the reason <c>lost</c>, until it comes back.
    /// </summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What runs capture by themselves; everything that is built in by default.</summary>
    public RunContextOptions Context { get; init; } = new();

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(JournalPath);
        ArgumentException.ThrowIfNullOrWhiteSpace(Actor);
        ArgumentNullException.ThrowIfNull(Time);
        ArgumentNullException.ThrowIfNull(Context);
        Require(
            Actor.Length <= 200 && !Actor.Any(char.IsControl), nameof(Actor), Actor.ReplaceLineEndings(" "),
            "has at most 200 characters and no control character");
        Require(
            DrainInterval >= TimeSpan.FromMilliseconds(10) && DrainInterval <= TimeSpan.FromHours(1),
            nameof(DrainInterval), DrainInterval, "is between 10 ms and 1 hour");
        Require(JournalBoundBytes >= 16L << 20, nameof(JournalBoundBytes), JournalBoundBytes, "is at least 16 MiB");
        Require(FlushBound > TimeSpan.Zero && FlushBound <= TimeSpan.FromDays(1), nameof(FlushBound), FlushBound, "is positive and at most a day");
        Require(LeaseTime >= TimeSpan.FromSeconds(3) && LeaseTime <= TimeSpan.FromDays(1), nameof(LeaseTime), LeaseTime, "is between 3 seconds and a day");
        Require(
            Context.Bound >= TimeSpan.FromMilliseconds(10) && Context.Bound <= TimeSpan.FromMinutes(10), "Context.Bound", Context.Bound,
            "is between 10 ms and 10 minutes");
        if (Context.Off.Count == 0)
            return;
        string[] known = [.. BuiltInContext.Names.Concat(Context.Providers.Select(p => p.Name)).Order(StringComparer.Ordinal)];
        if (Context.Off.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            throw new ArgumentException($"The option Context is without '{unknown}', which nothing is called; there are {string.Join(", ", known)}.");
    }

    private static void Require(bool holds, string name, object value, string rule)
    {
        if (!holds)
            throw new ArgumentException($"The option {name} is '{value}', but must be one that {rule}.");
    }
}
