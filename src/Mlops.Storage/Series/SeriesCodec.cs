namespace Mlops.Storage;

/// <summary>The compressed form of series chunks.</summary>
public static class SeriesCodec
{
    /// <summary>Points per statistics block.</summary>
    public const int BlockPoints = 128;

    /// <summary>Most points in a chunk.</summary>
    public const int ChunkPoints = 8192;

    /// <summary>Encodes 1 to <see cref="ChunkPoints"/> points.</summary>
    public static SeriesChunk Encode(SeriesColumns points) => throw new NotSupportedException();

    /// <summary>Decodes a chunk.</summary>
    public static SeriesColumns Decode(ReadOnlySpan<byte> data) => throw new NotSupportedException();

    /// <summary>Works out what to store when points are added behind the open tail.</summary>
    public static SeriesGrowth Append(SeriesSummary? summary, ReadOnlySpan<byte> tail, SeriesColumns added) =>
        throw new NotSupportedException();
}
