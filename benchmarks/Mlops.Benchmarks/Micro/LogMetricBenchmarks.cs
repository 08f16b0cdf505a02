using BenchmarkDotNet.Attributes;
using Mlops.Sdk;
using Mlops.Tracking;

namespace Mlops.Benchmarks.Micro;

[MemoryDiagnoser]
public class LogMetricBenchmarks
{
    private string _folder = "";
    private MlopsClient? _mlops;
    private ActiveRun? _run;
    private long _step;

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-micro-").FullName;
        _mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = Path.Combine(_folder, ".mlops") });
        _run = await _mlops.StartRunAsync("micro");
    }

    [Benchmark]
    public ActiveRun LogMetric() => _run!.LogMetric("loss", 0.5, step: _step++);

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _run!.CompleteAsync();
        await _run.DisposeAsync();
        await _mlops!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
