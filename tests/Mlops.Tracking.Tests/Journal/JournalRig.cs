using Microsoft.Extensions.Time.Testing;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Journal;

/// <summary>A journal without anything that drains it.</summary>
internal sealed class JournalRig : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly WriterFolder _writerFolder;

    public JournalRig(long bound = 1 << 28, Func<string, int, SegmentMemory>? createSegment = null)
    {
        _writerFolder = WriterFolder.Create(_folder["journal"], Writer);
        Supply = new SegmentSupply(_writerFolder.Path, bound, () => { }, createSegment);
        Journal = new Mlops.Tracking.Journal(Supply, Writer, new FakeTimeProvider(DateTimeOffset.UnixEpoch));
    }

    public RecordId Writer { get; } = new(77);

    public SegmentSupply Supply { get; }

    public Mlops.Tracking.Journal Journal { get; }

    public static RunId Run { get; } = new(new RecordId(1234));

    /// <summary>Reads the journal from its beginning, pass by pass.</summary>
    public void Read(Action<Batch> take, int mostUnits = int.MaxValue)
    {
        var pass = new DrainPass();
        for (var segment = Journal.Oldest; segment is not null; segment = segment.Next)
        {
            for (var i = 0; i < segment.Reserved;)
            {
                i = pass.Read(segment, i, segment.Reserved, mostUnits, recovering: false);
                if (pass.Units < mostUnits && segment.Next is not null)
                    continue;
                take(pass.ToBatch(null, "nobody", DateTimeOffset.UnixEpoch));
                pass.Clear();
            }
        }

        Assert.Equal((0L, 0L, 0L), (pass.Holes, pass.Damaged, pass.Rejected));
    }

    public static Batch BatchOf(params RecordChange[] changes) =>
        new() { Actor = "tester", ClientTime = DateTimeOffset.UnixEpoch.AddDays(20_000), Changes = changes };

    public ValueTask DisposeAsync()
    {
        Supply.Dispose();
        for (var segment = Journal.Oldest; segment is not null; segment = segment.Next)
            segment.Memory.Dispose();
        _writerFolder.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
