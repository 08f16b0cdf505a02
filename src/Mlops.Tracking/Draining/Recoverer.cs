using Microsoft.Extensions.Logging;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>Moves the journals of dead writers into the store and removes them.</summary>
/// <param name="store">Where to.</param>
/// <param name="content">Where what waits beside the journals belongs.</param>
/// <param name="options">Where the journals are.</param>
/// <param name="logger">Told what was found.</param>
/// <param name="self">A writer that lives for certain.</param>
internal sealed class Recoverer(IMetadataStore store, ContentStore content, TrackingOptions options, ILogger logger, RecordId self = default)
{
    /// <summary>Whether a journal was left that could not be recovered.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>Recovers what it can; a journal that cannot be recovered now stays for the next open.</summary>
    public async Task<IReadOnlyList<JournalRecovery>> RecoverAsync(CancellationToken cancellationToken)
    {
        List<JournalRecovery> found = [];
        var isAway = false;
        foreach (var folder in WriterFolder.TakeDead(options.JournalPath, self))
        {
            using (folder)
            {
                // contents that could not be delivered for one journal need not be waited for with each
                if (isAway && ContentSpool.IsIn(folder.Path))
                {
                    HasLeft = true;
                    continue;
                }

                try
                {
                    if (await RecoverAsync(folder, cancellationToken).ConfigureAwait(false) is not { } recovery)
                        continue;
                    found.Add(recovery);
                    TrackingLog.Recovered(
                        logger, folder.Writer, recovery.Points, recovery.Holes, recovery.DamagedSlots, recovery.DamagedSegments, recovery.DamagedContents,
                        recovery.Rejected, recovery.EndedInMemory);
                }
                catch (Exception e) when (e is MlopsException or IOException or UnauthorizedAccessException)
                {
                    HasLeft = true;
                    isAway |= e is StorageUnavailableException;
                    TrackingLog.NotRecovered(logger, folder.Writer, e);
                }
            }
        }

        return found;
    }

    private async Task<JournalRecovery?> RecoverAsync(WriterFolder folder, CancellationToken cancellationToken)
    {
        var known = await store.GetWriterSequenceAsync(folder.Writer, cancellationToken).ConfigureAwait(false);
        var (segments, damagedSegments, gaps, endedInMemory) = Open(folder);
        try
        {
            long points = 0;
            DrainPass? pass = null;
            var spool = new ContentSpool(folder.Path, content, logger);

            // a recovery that ended before it could tell of damage is told of by the one that goes on
            var begin = segments.Count > 0 ? folder.BeginRecovery(known) : known;
            var lost = gaps.Sum(g => Math.Max(0, g.To - Math.Max(g.From, begin)));
            if (segments.Count > 0)
            {
                var drain = new JournalDrain(
                    store, spool, folder.Writer, options.Actor, options.Time, logger, segments[0], housekeeping: null);
                pass = drain.Pass;
                drain.SkipTo(known, countFrom: begin);
                while (await drain.StepAsync(cancellationToken).ConfigureAwait(false) is not null)
                    points += pass.Points;
            }

            await spool.FindDamagedAsync(cancellationToken).ConfigureAwait(false);
            var recovery = new JournalRecovery(
                folder.Writer, points, pass?.Holes ?? 0, (pass?.Damaged ?? 0) + lost, damagedSegments, pass?.Rejected ?? 0)
            {
                EndedInMemory = endedInMemory,
                DamagedContents = spool.Lost,
            };
            if ((recovery.DamagedSlots + damagedSegments + spool.Lost > 0 || endedInMemory) && pass is not null)
                await RecordDamageAsync(recovery, pass.Owners, cancellationToken).ConfigureAwait(false);
            foreach (var segment in segments)
                segment.Memory.Dispose();
            spool.SetDamagedAside();
            folder.Remove();
            return segments.Count > 0 || damagedSegments > 0 || spool.Lost > 0 ? recovery : null;
        }
        finally
        {
            foreach (var segment in segments)
                segment.Memory.Dispose();
        }
    }

    /// <summary>
    /// The segments in order, how many files are damaged, the sequences between files, which were in memory, and whether memory
    /// came last.
    /// </summary>
    private static (List<Segment> Segments, long Damaged, List<(long From, long To)> Gaps, bool EndedInMemory) Open(WriterFolder folder)
    {
        List<(SegmentHeader Header, SegmentMemory Memory)> found = [];
        long damaged = 0;
        Span<byte> page = stackalloc byte[256];
        foreach (var path in folder.Segments())
        {
            int read;
            using (var handle = File.OpenHandle(path))
                read = RandomAccess.Read(handle, page, 0);
            var length = new FileInfo(path).Length;
            if (SegmentHeader.Read(page[..read]) is not { } header || header.Writer != folder.Writer)
            {
                damaged += SegmentHeader.IsClear(page[..read]) ? 0 : 1;
                continue;
            }

            var whole = SegmentHeader.PageBytes + ((long)header.Slots * Slot.SizeBytes);
            damaged += length < whole ? 1 : 0;
            var slots = (int)((Math.Min(length, whole) - SegmentHeader.PageBytes) / Slot.SizeBytes);
            if (slots > 0)
                found.Add((header, SegmentMemory.OpenFile(path, slots, header.PreviousBase)));
        }

        List<Segment> segments = [];
        List<(long From, long To)> gaps = [];
        var endedInMemory = false;
        foreach (var (header, memory) in found.OrderBy(f => f.Header.Base))
        {
            var segment = new Segment(memory);
            segment.BeginAgain(header.Base, header.Time);
            if (segments.Count > 0)
            {
                var before = segments[^1];
                before.Close((int)Math.Min(header.Base - before.Base, before.Count));
                gaps.Add((before.Base + before.Count, header.Base));
                before.Next = segment;
            }

            segments.Add(segment);
            endedInMemory = header.MemoryFollows;
        }

        if (segments.Count > 0)
            segments[^1].Close(segments[^1].Count);
        return (segments, damaged, gaps, endedInMemory);
    }

    private async Task RecordDamageAsync(
        JournalRecovery recovery, IReadOnlyCollection<RecordId> owners, CancellationToken cancellationToken)
    {
        var memory = recovery.EndedInMemory ? "ended in memory, of which nothing is left; " : "";
        var contents = recovery.DamagedContents > 0 ? $", {recovery.DamagedContents} contents damaged" : "";
        var text = $"journal {recovery.Writer}: {memory}{recovery.DamagedSlots} slots and {recovery.DamagedSegments} segments unreadable{contents}";
        foreach (var owner in owners)
        {
            if (await store.FindRecordAsync(owner, cancellationToken).ConfigureAwait(false) is not { Kind: RunRecord.Kind, IsPurged: false })
                continue;
            await store.CommitAsync(
                new Batch
                {
                    Actor = options.Actor,
                    ClientTime = options.Time.GetUtcNow(),
                    Changes = [RunRecord.JournalDamaged(new RunId(owner), recovery.Writer, text)],
                },
                cancellationToken).ConfigureAwait(false);
        }
    }
}
