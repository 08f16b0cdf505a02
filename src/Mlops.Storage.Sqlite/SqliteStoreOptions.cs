namespace Mlops.Storage.Sqlite;

/// <summary>How to open a <see cref="SqliteMetadataStore"/>.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The database file; it and its folder are created when absent. Must be on a local file system.</summary>
    public required string Path { get; init; }

    /// <summary>The store's clock, which stamps commits and lets cells expire.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// How long a call waits for its turn while others write, in real time; 60 s by default. At least zero, at most one day.
    /// </summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    // below about this many hits it is faster to look at each than to walk an index that has the order; tests lower it
    internal long FewHits { get; init; } = 2_000;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Path);
        ArgumentNullException.ThrowIfNull(Time);
        ArgumentOutOfRangeException.ThrowIfLessThan(BusyTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BusyTimeout, TimeSpan.FromDays(1));
    }
}
