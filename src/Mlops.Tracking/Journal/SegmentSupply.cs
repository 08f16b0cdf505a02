using System.Collections.Concurrent;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Keeps segments ready, off the logging threads: recycles drained ones, creates files up to the journal's bound, and falls
/// back to a little plain memory when no file can be had.
/// </summary>
internal sealed class SegmentSupply : IDisposable
{
    public const int FirstBytes = 64 * 1024;
    private const int SecondBytes = 1024 * 1024;
    private const int LargeBytes = 8 * 1024 * 1024;
    private const int ReadyMost = 8;
    private const long PlainBound = 64L * 1024 * 1024;
    private const long ReserveBound = 16L * 1024 * 1024;

    // a program that ends at once needs the first segment only
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private readonly Func<string, int, SegmentMemory> _createFile;
    private readonly string _folder;
    private readonly long _bound;
    private readonly ConcurrentQueue<Segment> _ready = new();
    private readonly ConcurrentQueue<Segment> _drained = new();
    private readonly SemaphoreSlim _readyCount = new(0);
    private readonly AutoResetEvent _work = new(false);
    private readonly Action _taken;
    private readonly Thread _thread;
    private long _fileBytes;
    private long _plainBytes;
    private int _created;
    private int _nextBytes = SecondBytes;
    private int _failures;
    private int _takenCount;
    private volatile bool _isPausing = true;
    private volatile bool _isStarved;
    private volatile bool _stopped;

    /// <param name="folder">Where the files go.</param>
    /// <param name="bound">Most bytes of files.</param>
    /// <param name="taken">Called, on a thread of this supply, after a segment was taken.</param>
    /// <param name="createFile">Makes a file of so many slots; a seam for faults.</param>
    public SegmentSupply(string folder, long bound, Action taken, Func<string, int, SegmentMemory>? createFile = null)
    {
        _folder = folder;
        _bound = bound;
        _taken = taken;
        _createFile = createFile ?? SegmentMemory.CreateFile;

        // a thread of its own, because a training may keep the thread pool busy, and an event, because waking it allocates nothing
        _thread = new Thread(Work) { IsBackground = true, Name = "Mlops journal supply" };
        _thread.Start();
    }

    /// <summary>How often a file could not be had and memory, which a crash loses, took its place.</summary>
    public int Gaps => Volatile.Read(ref _failures);

    /// <summary>Bytes of journal files on disk.</summary>
    public long FileBytes => Interlocked.Read(ref _fileBytes);

    /// <summary>The first segment, made on the caller's thread.</summary>
    public Segment TakeFirst()
    {
        Create(FirstBytes);
        return TryTake(TimeSpan.Zero) ?? throw new StorageUnavailableException("There is neither a file nor memory for the journal.");
    }

    /// <summary>Makes the second segment at once, because it will be needed soon.</summary>
    public void EndPause()
    {
        if (!_isPausing)
            return;
        _isPausing = false;
        _work.Set();
    }

    /// <summary>A ready segment, waiting for one if need be; null if none came.</summary>
    public Segment? TryTake(TimeSpan wait)
    {
        if (!_readyCount.Wait(0))
        {
            _work.Set();
            if (wait == TimeSpan.Zero || !_readyCount.Wait(wait))
                return null;
        }

        _ready.TryDequeue(out var segment);
        Interlocked.Increment(ref _takenCount);
        _work.Set();
        return segment;
    }

    /// <summary>True if no more files may be made, or neither a file nor memory can be had.</summary>
    public bool IsFull => Interlocked.Read(ref _fileBytes) + LargeBytes > _bound || _isStarved;

    /// <summary>A little plain memory, which a crash loses, for when there is no file in time; null beyond its bound.</summary>
    public Segment? TakePlain() => TakePlain(SlotsIn(SecondBytes), PlainBound);

    /// <summary>Memory for just one batch, out of a reserve that points never touch; null beyond its bound.</summary>
    public Segment? TakeReserve(int slots) => TakePlain(slots, PlainBound + ReserveBound);

    private Segment? TakePlain(int slots, long bound)
    {
        var size = SegmentHeader.PageBytes + ((long)slots * Slot.SizeBytes);
        if (Interlocked.Add(ref _plainBytes, size) > bound)
        {
            Interlocked.Add(ref _plainBytes, -size);
            return null;
        }

        Interlocked.Increment(ref _failures);
        return new Segment(SegmentMemory.CreatePlain(slots));
    }

    /// <summary>Gives back a segment whose content is in the store.</summary>
    public void Return(Segment segment)
    {
        _drained.Enqueue(segment);
        _work.Set();
    }

    /// <summary>Ends the thread and removes the files that hold nothing.</summary>
    public void Dispose()
    {
        _stopped = true;
        _work.Set();
        _thread.Join();
        while (_ready.TryDequeue(out var segment))
            Delete(segment.Memory);
        while (_drained.TryDequeue(out var drained))
            Delete(drained.Memory);
        _work.Dispose();
        _readyCount.Dispose();
    }

    private static int SlotsIn(int bytes) => (bytes - SegmentHeader.PageBytes) / Slot.SizeBytes;

    private void Work()
    {
        _work.WaitOne();
        TellOfTaken();

        // whoever needs the second sooner ends the pause
        for (_work.WaitOne(FirstPause); !_stopped; _work.WaitOne())
        {
            TellOfTaken();
            while (_drained.TryDequeue(out var segment))
                Recycle(segment);

            // each file is twice as large as the one before: a run that logs little costs little
            while (_ready.Count < (_nextBytes == LargeBytes ? 2 : 1) && !_stopped && Create(_nextBytes))
                _nextBytes = Math.Min(_nextBytes * 2, LargeBytes);
        }
    }

    private void TellOfTaken()
    {
        if (Interlocked.Exchange(ref _takenCount, 0) > 0)
            _taken();
    }

    private void Recycle(Segment segment)
    {
        var memory = segment.Memory;
        if (memory.Path is null || memory.SizeBytes < LargeBytes - SegmentHeader.PageBytes || _ready.Count >= ReadyMost)
        {
            Delete(memory);
            return;
        }

        memory.Recycle(segment.Base, segment.End);
        Offer(new Segment(memory));
    }

    private bool Create(int bytes)
    {
        if (Interlocked.Read(ref _fileBytes) + bytes > _bound)
            return false;
        try
        {
            var memory = _createFile(Path.Combine(_folder, $"{_created:D6}.seg"), SlotsIn(bytes));
            _created++;
            Interlocked.Add(ref _fileBytes, memory.SizeBytes);
            Offer(new Segment(memory));
            _isStarved = false;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _created++;
            if (TakePlain() is { } segment)
                Offer(segment);
            else
                _isStarved = true;
            return !_isStarved;
        }
    }

    private void Offer(Segment segment)
    {
        _ready.Enqueue(segment);
        _readyCount.Release();
    }

    private void Delete(SegmentMemory memory)
    {
        var size = memory.SizeBytes;
        memory.Dispose();
        if (memory.Path is { } path)
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // it holds nothing any more, and goes with its folder
            }

            Interlocked.Add(ref _fileBytes, -size);
        }
        else
        {
            Interlocked.Add(ref _plainBytes, -size);
        }
    }
}
