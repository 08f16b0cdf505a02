using System.Diagnostics;
using Mlops.Metadata;
using Mlops.Sdk;

namespace Mlops.Benchmarks.Figures;

/// <summary>A thousand different pictures of 50 KB by step, each durable, some at once; against a thousand files, each flushed.</summary>
internal sealed class LogImage : Figure
{
    private const int Images = 1_000;
    private const int Bytes = 50_000;
    private const int AtOnce = 16;
    private readonly Random _random = new(20260401);
    private MlopsClient? _mlops;

    public override string Name => "log-image";

    public override string Unit => "images/s";

    public override string BaselineName => "write-and-fsync";

    public override Bound Bound => Bound.AtLeast(0.8);

    public override int Rounds => 5;

    public override async Task PrepareAsync(Workspace workspace) =>
        _mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = workspace.NewPath("store") });

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var images = Generate();
        await using var run = await _mlops!.StartRunAsync("figures");
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, Images, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, token) =>
            await run.LogAsync("samples", new ImageValue(images[i]), i, cancellationToken: token));
        MustBeZero("waiting", (await run.CompleteAsync()).Pending);
        return Images / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public override async Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        NoteBeside(await WriteFilesAsync(workspace, AtOnce), $"files/s for {AtOnce} of them at once");
        return await WriteFilesAsync(workspace, 1);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_mlops is not null)
            await _mlops.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task<double> WriteFilesAsync(Workspace workspace, int atOnce)
    {
        var images = Generate();
        var folder = Directory.CreateDirectory(workspace.NewPath("files")).FullName;
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, Images, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, (i, _) =>
        {
            using var file = new FileStream(Path.Combine(folder, $"{i}.png"), FileMode.CreateNew);
            file.Write(images[i]);
            file.Flush(flushToDisk: true);
            return ValueTask.CompletedTask;
        });
        var perSecond = Images / Stopwatch.GetElapsedTime(start).TotalSeconds;
        Workspace.Delete(folder);
        return perSecond;
    }

    private byte[][] Generate()
    {
        // one chunk of noise between signature and end
        const int framing = 8 + 12 + 12;
        ReadOnlySpan<byte> head = [
            0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A,
            0, 0, (Bytes - framing) >> 8, (Bytes - framing) & 0xFF, (byte)'I', (byte)'D', (byte)'A', (byte)'T',
        ];
        ReadOnlySpan<byte> end = [0, 0, 0, 0, (byte)'I', (byte)'E', (byte)'N', (byte)'D', 0xAE, 0x42, 0x60, 0x82];
        var images = new byte[Images][];
        for (var i = 0; i < Images; i++)
        {
            images[i] = new byte[Bytes];
            _random.NextBytes(images[i]);
            head.CopyTo(images[i]);
            end.CopyTo(images[i].AsSpan(Bytes - end.Length));
        }

        return images;
    }
}
