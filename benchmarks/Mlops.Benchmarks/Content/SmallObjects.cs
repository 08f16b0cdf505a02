using System.Diagnostics;

namespace Mlops.Benchmarks.Content;

/// <summary>10,000 different contents of 4 KiB, durable, put side by side; against as many files, each written and flushed.</summary>
internal sealed class SmallObjects : Figure
{
    private const int Objects = 10_000;
    private const int AtOnce = 256;
    private readonly Random _random = new(20260602);

    public override string Name => "small-objects";

    public override string Unit => "s";

    public override string BaselineName => "files-and-fsyncs";

    public override Bound Bound => Bound.AtMost(0.5);

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var contents = Generate();
        var folder = workspace.NewPath("store");
        await using var store = ContentRig.Open(folder, out var content);
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, Objects, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, token) => await content.PutAsync(contents[i], token));
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Workspace.Delete(folder);
        return elapsed;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        var contents = Generate();
        var folder = Directory.CreateDirectory(workspace.NewPath("files")).FullName;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Objects; i++)
        {
            using var file = new FileStream(Path.Combine(folder, $"{i}"), FileMode.CreateNew);
            file.Write(contents[i]);
            file.Flush(flushToDisk: true);
        }

        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Workspace.Delete(folder);
        return Task.FromResult<double?>(elapsed);
    }

    private byte[][] Generate()
    {
        var contents = new byte[Objects][];
        for (var i = 0; i < Objects; i++)
            _random.NextBytes(contents[i] = new byte[4096]);
        return contents;
    }
}
