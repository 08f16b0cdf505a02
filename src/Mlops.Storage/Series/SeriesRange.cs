namespace Mlops.Storage;

/// <summary>Which points of a series to read.</summary>
public sealed record SeriesRange
{
    /// <summary>Every point.</summary>
    public static SeriesRange All { get; } = new();

    /// <summary>Lowest step, inclusive.</summary>
    public long FirstStep { get; init; } = long.MinValue;

    /// <summary>Highest step, inclusive.</summary>
    public long LastStep { get; init; } = long.MaxValue;

    /// <summary>Only points that were appended after this position (see <see cref="SeriesInfo.Position"/>).</summary>
    public long AfterPosition { get; init; }
}
