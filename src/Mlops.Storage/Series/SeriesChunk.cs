namespace Mlops.Storage;

/// <summary>Up to <see cref="SeriesCodec.ChunkPoints"/> points as a backend stores them.</summary>
/// <param name="Summary">Summary over these points; its steps tell whether a range needs them.</param>
/// <param name="Statistics">Statistics per block of <see cref="SeriesCodec.BlockPoints"/> points; a chart reads them instead of the data.</param>
/// <param name="Data">The compressed columns with a checksum.</param>
public sealed record SeriesChunk(SeriesSummary Summary, ReadOnlyMemory<byte> Statistics, ReadOnlyMemory<byte> Data);
