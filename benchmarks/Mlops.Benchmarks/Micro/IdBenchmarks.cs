using BenchmarkDotNet.Attributes;
using Mlops.Storage;

namespace Mlops.Benchmarks.Micro;

[MemoryDiagnoser]
public class IdBenchmarks
{
    private readonly IdGenerator _ids = new();

    [Benchmark]
    public RecordId Next() => _ids.Next();

    [Benchmark(Baseline = true)]
    public Guid CreateVersion7() => Guid.CreateVersion7();
}
