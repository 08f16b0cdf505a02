namespace Mlops.Storage;

/// <summary>How garbage is collected.</summary>
public sealed record GarbageOptions
{
    /// <summary>
    /// Whether only to look: the report says what a run would do now. True by default, so that nothing is deleted unasked.
    /// </summary>
    public bool IsDryRun { get; init; } = true;

    /// <summary>
    /// How long a content must have been named by nothing, since a run first found it so, before it is deleted, and then how long
    /// its emptied pack waits before the space is free; not negative, 7 days by default. What is logged on a machine that cannot reach the store for longer than this may find its
    /// artifacts deleted, where it shared them with what was purged. Zero suits a store that nobody else has open.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromDays(7);

    /// <exception cref="ArgumentException">The grace is negative.</exception>
    internal void Validate()
    {
        if (Grace < TimeSpan.Zero)
            throw new ArgumentException($"The grace is {Grace}; it must not be negative.", nameof(Grace));
    }
}
