using BenchmarkDotNet.Attributes;
using Mlops.Storage;

namespace Mlops.Benchmarks.Micro;

/// <summary>One chunk in and out; divide by <see cref="SeriesCodec.ChunkPoints"/> for a point.</summary>
[MemoryDiagnoser]
public class SeriesCodecBenchmarks
{
    private SeriesColumns _columns = SeriesColumns.OfNumbers(default, default, default);
    private ReadOnlyMemory<byte> _data;

    [GlobalSetup]
    public void Setup()
    {
        var steps = new List<long>();
        var times = new List<long>();
        var values = new List<double>();
        new LossCurve(SeriesCodec.ChunkPoints).ForEach((step, time, value) =>
        {
            steps.Add(step);
            times.Add(Microseconds.From(time));
            values.Add(value);
        });
        _columns = SeriesColumns.OfNumbers(steps.ToArray(), times.ToArray(), values.ToArray());
        _data = SeriesCodec.Encode(_columns).Data;
    }

    [Benchmark]
    public SeriesChunk Encode() => SeriesCodec.Encode(_columns);

    [Benchmark]
    public SeriesColumns Decode() => SeriesCodec.Decode(_data.Span);
}
