using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mlops.Benchmarks.Figures;
using Mlops.Storage;

namespace Mlops.Benchmarks.Content;

/// <summary>
/// A mark and a sweep over a million chunks in 50 contents, of which every tenth is garbage; the slower of the run that condemns
/// and the run that deletes. Chunks are at most 16 KiB here, and nearly empty, so that making them takes no hour.
/// </summary>
internal sealed class GarbageSweep : Figure
{
    private const int Chunks = 20_000;
    private const int ChunkBytes = 16_384;
    private const int Contents = 50;
    private const long MostBytes = 300_000_000;
    private static readonly GarbageOptions Now = new() { IsDryRun = false, Grace = TimeSpan.Zero };

    public override string Name => "gc-sweep";

    public override string Unit => "s";

    public override string BaselineName => "none";

    public override Bound Bound => Bound.AtMost(20);

    public override int Rounds => 1;

    public override int WarmUps => 0;

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var folder = workspace.NewPath("store");
        await using var store = ContentRig.Open(folder, out var content);
        var ids = new IdGenerator();
        await store.CommitAsync(new Batch
        {
            Actor = "figures",
            ClientTime = TimeProvider.System.GetUtcNow(),
            Cells = [new CellWrite { Key = "content-profile", Value = Encoding.UTF8.GetBytes($"fastcdc-nc1 1024 {ChunkBytes} {ChunkBytes}") }],
        });
        for (var i = 0; i < Contents; i++)
        {
            var info = await content.PutAsync(new CountingStream(i * (long)Chunks, Chunks));
            if (i % 10 != 0)
                await store.CommitAsync(new Batch
                {
                    Actor = "figures",
                    ClientTime = TimeProvider.System.GetUtcNow(),
                    Changes = [new RecordChange { Id = ids.Next(), Kind = "artifact", Mode = ChangeMode.Create, Action = "logged", Fields = [FieldWrite.Set("content", FieldValue.Digest(info.Digest))] }],
                });
        }

        await store.DisposeAsync();

        // what making the chunks left in the pools of this process would hide it
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. Team.Self(), "collect-memory", folder]) { RedirectStandardOutput = true })!;
        var (slowest, grown) = (0.0, 0L);
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            Note($"{line}");
            if (line.Split(' ') is [var number, "s:", ..])
                slowest = Math.Max(slowest, double.Parse(number, CultureInfo.InvariantCulture));
            else if (line.Split(' ') is [var bytes, "bytes", ..])
                grown = long.Parse(bytes, CultureInfo.InvariantCulture);
        }

        await process.WaitForExitAsync();
        MustBeZero("collections that failed", process.ExitCode + (grown == 0 ? 1 : 0));
        MustBeZero("bytes over the bound", Math.Max(0, grown - MostBytes));
        return slowest;
    }

    /// <summary>Collects twice in a process of its own and prints how long each took, and by how much memory grew.</summary>
    public static async Task<int> CollectAsync(string folder)
    {
        await using (var warm = ContentRig.Open(folder + "-empty", out var empty))
            await empty.CollectGarbageAsync(Now); // so that all is compiled and loaded
        await using var store = ContentRig.Open(folder, out var content, new Later());
        await using var memory = new IdleMemory();
        for (var run = 0; run < 2; run++)
        {
            var start = Stopwatch.GetTimestamp();
            var report = await content.CollectGarbageAsync(Now);
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0000} s: {report.LiveChunks} live, {report.Condemned} condemned, {report.Deleted} deleted"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{memory.GrownBytes} bytes over idle at most (bound {MostBytes})"));
        return 0;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace) => Task.FromResult<double?>(null);

    /// <summary>An hour later: what the process that made the chunks had in use is not any more.</summary>
    private sealed class Later : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromHours(1);
    }

    /// <summary>Pieces of one chunk each, zeros but for a number.</summary>
    private sealed class CountingStream(long first, int pieces) : MemoryStream
    {
        private readonly byte[] _piece = new byte[ChunkBytes];
        private long _position;

        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = 0;
            while (read < buffer.Length && _position < (long)pieces * ChunkBytes)
            {
                var at = (int)(_position % ChunkBytes);
                BinaryPrimitives.WriteInt64LittleEndian(_piece, first + (_position / ChunkBytes) + 1);
                var count = Math.Min(buffer.Length - read, ChunkBytes - at);
                _piece.AsSpan(at, count).CopyTo(buffer.Span[read..]);
                (read, _position) = (read + count, _position + count);
            }

            return ValueTask.FromResult(read);
        }
    }
}
