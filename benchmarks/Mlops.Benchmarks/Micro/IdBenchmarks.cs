using BenchmarkDotNet.Attributes;
using Mlops.Storage;

namespace Mlops.Benchmarks.Micro;

[MemoryDiagnoser]
public class IdBenchmarks
{
    private readonly IdGenerator _ids = new();
    private readonly TimeProvider _time = TimeProvider.System;

    [Benchmark]
    public RecordId Next() => _ids.Next();

    [Benchmark(Baseline = true)]
    public Guid CreateVersion7() => Guid.CreateVersion7(_time.GetUtcNow());
}
