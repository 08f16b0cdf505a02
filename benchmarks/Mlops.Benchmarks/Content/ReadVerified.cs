using System.Diagnostics;
using System.Security.Cryptography;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Content;

/// <summary>1 GiB made a file with every chunk and the whole verified; against reading a file, SHA-256 on one thread, and writing a copy.</summary>
internal sealed class ReadVerified : Figure
{
    private string _source = "";
    private ContentInfo _info;
    private SqliteMetadataStore? _store;
    private ContentStore? _content;

    public override string Name => "read-verified";

    public override string Unit => "GB/s";

    public override string BaselineName => "read-sha256-write";

    public override Bound Bound => Bound.AtLeast(0.8);

    public override async Task PrepareAsync(Workspace workspace)
    {
        await ContentRig.FillAsync(_source = workspace.NewPath("source"));
        _store = ContentRig.Open(workspace.NewPath("store"), out _content);
        _info = await _content.PutFileAsync(_source);
    }

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var target = workspace.NewPath("file");
        var start = Stopwatch.GetTimestamp();
        await _content!.MaterializeAsync(_info.Digest, target);
        var speed = ContentRig.GigabytesPerSecond(start);
        File.SetAttributes(target, FileAttributes.Normal);
        Workspace.Delete(target);
        return speed;
    }

    public override async Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        var target = workspace.NewPath("copy");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var start = Stopwatch.GetTimestamp();
        await ContentRig.CopyAsync(_source, hash, target, flushes: false);
        var speed = ContentRig.GigabytesPerSecond(start);
        Workspace.Delete(target);
        return speed;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        await base.DisposeAsync();
    }
}
