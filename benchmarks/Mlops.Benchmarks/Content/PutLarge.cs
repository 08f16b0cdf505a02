using System.Diagnostics;
using System.Security.Cryptography;
using Mlops.Storage;

namespace Mlops.Benchmarks.Content;

/// <summary>1 GiB that does not compress, from a file, durable; against SHA-256 on one thread, then writing and flushing one file.</summary>
internal sealed class PutLarge : Figure
{
    private string _source = "";

    public override string Name => "put-1gib";

    public override string Unit => "GB/s";

    public override string BaselineName => "sha256-write-fsync";

    public override Bound Bound => Bound.AtLeast(0.8);

    public override Task PrepareAsync(Workspace workspace) => ContentRig.FillAsync(_source = workspace.NewPath("source"));

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var folder = workspace.NewPath("store");
        await using var store = ContentRig.Open(folder, out var content);
        var start = Stopwatch.GetTimestamp();
        await content.PutFileAsync(_source);
        var speed = ContentRig.GigabytesPerSecond(start);
        Workspace.Delete(folder);
        return speed;
    }

    public override async Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        var target = workspace.NewPath("copy");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var start = Stopwatch.GetTimestamp();
        await ContentRig.CopyAsync(_source, hash, target: null, flushes: false);
        await ContentRig.CopyAsync(_source, hash: null, target, flushes: true);
        var speed = ContentRig.GigabytesPerSecond(start);
        Workspace.Delete(target);
        return speed;
    }
}
