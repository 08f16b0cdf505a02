using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// One lap of a <see cref="SegmentMemory"/>: slots that threads reserve with one interlocked addition. An object is never used
/// for a second lap, so a thread that slept over the end of a segment finds it closed and not somebody else's.
/// </summary>
internal sealed unsafe class Segment
{
    private readonly byte* _slots;
    private Segment? _following;
    private int _end = -1;
    private PaddedCounter _next;

    public Segment(SegmentMemory memory)
    {
        Memory = memory;
        Count = memory.Slots;
        _slots = memory.FirstSlot;
    }

    public SegmentMemory Memory { get; }

    /// <summary>The sequence of the first slot; set before the segment is published.</summary>
    public long Base { get; private set; }

    /// <summary>When the lap began, in microseconds since 1970 UTC; points say their times from here.</summary>
    public long Time { get; private set; }

    public int Count { get; }

    /// <summary>The segment after this one, once there is one.</summary>
    public Segment? Next
    {
        get => Volatile.Read(ref _following);
        set => Volatile.Write(ref _following, value);
    }

    /// <summary>How many slots were given out when the segment was closed; -1 while it is open.</summary>
    public int End => Volatile.Read(ref _end);

    /// <summary>How many slots are given out by now.</summary>
    public int Reserved => End is var end and >= 0 ? end : Math.Min(Volatile.Read(ref _next.Value), Count);

    /// <summary>Begins the lap: from here on the slots have these sequences, and the file says so.</summary>
    public void Begin(long @base, RecordId writer, long time)
    {
        BeginAgain(@base, time);
        new SegmentHeader(@base, Count, Memory.PreviousBase, writer, time).Write(Memory.HeaderPage);
    }

    /// <summary>Says in the file, before the next segment takes anything, that it has none.</summary>
    public void MarkMemoryFollows() => SegmentHeader.MarkMemoryFollows(Memory.HeaderPage);

    /// <summary>Begins as a segment that was read back from a file.</summary>
    public void BeginAgain(long @base, long time) => (Base, Time) = (@base, time);

    /// <summary>Reserves slots next to each other. If they do not fit, the segment closes and this is false.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReserve(int slots, out int index)
    {
        var end = Interlocked.Add(ref _next.Value, slots);
        index = end - slots;
        if ((uint)end <= (uint)Count)
            return true;
        CloseAt(index);
        return false;
    }

    /// <summary>Waits the moment until the thread that closed the segment has said where.</summary>
    public int WaitForEnd()
    {
        var spin = default(SpinWait);
        while (End < 0)
            spin.SpinOnce(sleep1Threshold: -1);
        return End;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(int index, uint key, long first, long second) =>
        Slot.Write(_slots + ((long)index * Slot.SizeBytes), Base + index, key, first, second);

    public byte* At(int index) => _slots + ((long)index * Slot.SizeBytes);

    public bool IsCommitted(int index) => Slot.Checks(At(index), Base + index);

    /// <summary>Closes a segment that was read back from a file, behind the last slot that may hold something.</summary>
    public void Close(int end) => Volatile.Write(ref _end, Math.Clamp(end, 0, Count));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CloseAt(int index)
    {
        // exactly one reservation begins inside and ends outside (or begins at the very end): that one closes
        if ((uint)index <= (uint)Count)
            Volatile.Write(ref _end, index);

        // a full journal is asked again for every point that it drops: without this the counter would come round in the end and
        // give out slots that are taken
        Volatile.Write(ref _next.Value, Count + 1);
    }

    // alone on its cache lines: two logging threads fight for it, and must not thereby evict what they only read
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct PaddedCounter
    {
        [FieldOffset(128)]
        public int Value;
    }
}
