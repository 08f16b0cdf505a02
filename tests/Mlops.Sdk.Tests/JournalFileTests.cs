using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Microsoft.Extensions.Logging;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Sdk.Tests;

/// <summary>Reads the files of a journal by docs/storage-format.md alone.</summary>
public sealed class JournalFileTests : IDisposable
{
    private const uint Head = 0xFFFF_FFFE;
    private const uint Body = 0xFFFF_FFFF;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Segment_ofAnOpenRun_holdsWhatTheDocumentSays()
    {
        var options = new MlopsOptions
        {
            Path = _folder.Store,
            Actor = "ada",
            DrainInterval = TimeSpan.FromHours(1),
            LeaseTime = TimeSpan.FromDays(1),
        };
        options.Context.WithoutAll();
        await using var mlops = await MlopsClient.OpenAsync(options);
        await using var run = await mlops.StartRunAsync("format");
        var near = DateTimeOffset.UtcNow;
        var far = new DateTimeOffset(2001, 3, 1, 0, 0, 0, TimeSpan.Zero);
        run.LogMetric("loss", 0.5, step: 7, near).LogMetric("loss", double.NaN, step: 8, far);
        run.CreateLoggerProvider().CreateLogger("Flights").Log(LogLevel.Warning, 3, "späť", null, (text, _) => text);

        var writer = Assert.Single(Directory.GetDirectories(Path.Combine(_folder.Store, "journal")));
        Assert.True(File.Exists(writer + ".lock"));
        var file = await ReadAsync(Path.Combine(writer, "000000.seg"));
        Assert.Equal(64 * 1024, file.Length);
        Assert.Equal(4096 + (24 * BitConverter.ToInt32(file, 16)), file.Length);

        foreach (var copy in new[] { file.AsSpan(0, 64).ToArray(), file.AsSpan(64, 64).ToArray() })
        {
            Assert.Equal("MLJ1", Encoding.ASCII.GetString(copy, 0, 4));
            Assert.Equal(Check(uint.MaxValue, copy.AsSpan(8, 48)), BitConverter.ToUInt32(copy, 4));
            Assert.Equal((0L, 0, 0L), (BitConverter.ToInt64(copy, 8), BitConverter.ToInt32(copy, 20), BitConverter.ToInt64(copy, 24)));
            Assert.Equal(Path.GetFileName(writer), Convert.ToHexStringLower(copy.AsSpan(32, 16)));
            Assert.All(copy[56..], b => Assert.Equal(0, b));
        }

        Assert.All(file[128..4096], b => Assert.Equal(0, b));

        var units = Units(file);
        Assert.Equal([2, 1, 0, 4, 1, 3], units.Select(u => u.Kind));
        var started = BatchCodec.Decode(units[0].Bytes);
        Assert.Equal(("ada", null), (started.Actor, started.Key));
        Assert.Equal(["experiment.created", "run.started"], started.Changes.Select(c => c.Action));
        Assert.Equal(
            "01000000" + run.Id + Convert.ToHexStringLower("metrics.loss"u8), Convert.ToHexStringLower(units[1].Bytes));
        var sinceBegin = Microseconds(near) - BitConverter.ToInt64(file, 48);
        Assert.Equal([.. BitConverter.GetBytes((7L << 36) + sinceBegin), .. BitConverter.GetBytes(0.5)], units[2].Bytes);
        Assert.Equal(
            [1, 0, 0, 0, .. BitConverter.GetBytes(8L), .. BitConverter.GetBytes(Microseconds(far)), .. BitConverter.GetBytes(double.NaN)], units[3].Bytes);
        Assert.Equal("02000000" + run.Id + Convert.ToHexStringLower("log"u8), Convert.ToHexStringLower(units[4].Bytes));
        Assert.Equal("020000000000000000000000", Convert.ToHexStringLower(units[5].Bytes.AsSpan(0, 12)));
        Assert.Equal("""{"l":"warning","c":"Flights","m":"späť","e":3}""", Encoding.UTF8.GetString(units[5].Bytes.AsSpan(20)));
    }

    [Fact]
    public void Slots_published_checkAndReadAsTheDocumentSays()
    {
        var slots = Convert.FromHexString(
            "feffffffc83548360100000020000000010000000190a8c0"
            + "ffffffffa01d68d2ffee7abc8123456789abcdef6d657472"
            + "ffffffffd269f1b16963732e6c6f73730000000000000000"
            + "010000007ca656b240420f0070000000000000000000e03f");
        for (var i = 0; i < 4; i++)
            Assert.True(IsCommitted(slots.AsSpan(24 * i, 24), sequence: i + 1));
        Assert.False(IsCommitted(slots.AsSpan(72, 24), sequence: 5));
        Assert.Equal(
            "010000000190a8c0ffee7abc8123456789abcdef" + Convert.ToHexStringLower("metrics.loss"u8),
            Convert.ToHexStringLower([.. slots[16..24], .. slots[32..48], .. slots[56..64]]));
        Assert.Equal(((7L << 36) + 1_000_000, 0.5), (BitConverter.ToInt64(slots, 80), BitConverter.ToDouble(slots, 88)));

        var document = Docs.Repository.Read("docs/storage-format.md").Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(slots), document, StringComparison.Ordinal);
    }

    private static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / 10;

    /// <summary>Kind and payload of frames; kind 0 and the two numbers of points.</summary>
    private static List<(int Kind, byte[] Bytes)> Units(byte[] file)
    {
        List<(int, byte[])> units = [];
        for (var i = 0; IsCommitted(Slot(file, i), i);)
        {
            var slot = Slot(file, i++);
            if (BinaryPrimitives.ReadUInt32LittleEndian(slot) != Head)
            {
                Assert.InRange(BinaryPrimitives.ReadUInt32LittleEndian(slot), 1u, 0xFFFE_FFFFu);
                units.Add((0, slot[8..].ToArray()));
                continue;
            }

            var length = BinaryPrimitives.ReadInt32LittleEndian(slot[12..]);
            var payload = new List<byte>(slot[16..].ToArray());
            while (payload.Count < length)
            {
                var next = Slot(file, i);
                Assert.True(IsCommitted(next, i++));
                Assert.Equal(Body, BinaryPrimitives.ReadUInt32LittleEndian(next));
                payload.AddRange(next[8..]);
            }

            Assert.All(payload.Skip(length), b => Assert.Equal(0, b));
            units.Add((BinaryPrimitives.ReadInt32LittleEndian(slot[8..]), [.. payload.Take(length)]));
        }

        return units;
    }

    private static Span<byte> Slot(byte[] file, int index) => file.AsSpan(4096 + (24 * index), 24);

    private static bool IsCommitted(ReadOnlySpan<byte> slot, long sequence) =>
        BinaryPrimitives.ReadUInt32LittleEndian(slot[4..]) == Check((uint)sequence, [.. slot[..4], .. slot[8..]]);

    private static uint Check(uint start, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
            start = BitOperations.Crc32C(start, b);
        return start == 0 ? 1 : start;
    }

    private static async Task<byte[]> ReadAsync(string path)
    {
        // the writer has it open
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes);
        return bytes;
    }
}
