using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Mlops.Tracking;

/// <summary>
/// The bytes of a segment: a mapped file that outlives the process, or plain memory when no file can be had. It is reused lap
/// after lap.
/// </summary>
internal sealed unsafe class SegmentMemory : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private byte* _start;

    private SegmentMemory(string? path, int slots, MemoryMappedFile? file)
    {
        Path = path;
        Slots = slots;
        _file = file;
        if (file is null)
        {
            _start = (byte*)NativeMemory.AllocZeroed((nuint)SizeBytes);
            return;
        }

        _view = file.CreateViewAccessor(0, SizeBytes, MemoryMappedFileAccess.ReadWrite);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>The file, or null for plain memory.</summary>
    public string? Path { get; }

    public int Slots { get; }

    /// <summary>The base of the lap before, whose slots may still stand here; if there was none, all that stands here is zeros.</summary>
    public long PreviousBase { get; private set; }

    public long SizeBytes => SegmentHeader.PageBytes + ((long)Slots * Slot.SizeBytes);

    public byte* FirstSlot => _start + SegmentHeader.PageBytes;

    public Span<byte> HeaderPage => new(_start, SegmentHeader.PageBytes);

    /// <summary>
    /// Creates a file of that size, full of zeros that were really written: a hole in a mapped file would kill the process with
    /// SIGBUS when the disk is full.
    /// </summary>
    public static SegmentMemory CreateFile(string path, int slots)
    {
        var size = SegmentHeader.PageBytes + ((long)slots * Slot.SizeBytes);
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
            RandomAccess.Write(stream.SafeFileHandle, ZerosOf(size), 0);
            var file = MemoryMappedFile.CreateFromFile(
                stream, null, size, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
            var memory = new SegmentMemory(path, slots, file);
            memory.Touch();
            return memory;
        }
        catch
        {
            if (stream is not null)
            {
                stream.Dispose();
                File.Delete(path);
            }

            throw;
        }
    }

    /// <summary>Maps a file that a dead writer left; a truncated one has fewer slots than it once had.</summary>
    public static SegmentMemory OpenFile(string path, int slots, long previousBase)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            var file = MemoryMappedFile.CreateFromFile(
                stream, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
            return new SegmentMemory(path, slots, file) { PreviousBase = previousBase };
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Writes the bytes to a file that is opened later as if they had always stood there.</summary>
    public void Save(string path)
    {
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.Write(file, new ReadOnlySpan<byte>(_start, checked((int)SizeBytes)), 0);
    }

    public static SegmentMemory CreatePlain(int slots) => new(null, slots, null);

    /// <summary>
    /// Makes drained memory ready for another lap: nothing but slots of the last lap may stand in it, so that a recovery can
    /// tell what is stale from what is damaged.
    /// </summary>
    public void Recycle(long lastBase, int lastEnd)
    {
        SegmentHeader.Clear(HeaderPage);
        new Span<byte>(FirstSlot + ((long)lastEnd * Slot.SizeBytes), (Slots - lastEnd) * Slot.SizeBytes).Clear();
        PreviousBase = lastBase;
        Touch();
    }

    // one write of the same few zeros over and over: told the whole length at once, a file system takes large pages, which are
    // several times cheaper to fill and to map
    private static List<ReadOnlyMemory<byte>> ZerosOf(long size)
    {
        var zeros = new byte[(int)Math.Min(size, 64 * 1024)];
        List<ReadOnlyMemory<byte>> parts = [];
        for (var left = size; left > 0; left -= zeros.Length)
            parts.Add(zeros.AsMemory(0, (int)Math.Min(zeros.Length, left)));
        return parts;
    }

    /// <summary>Writes to every page, so that the first touch, which costs a page fault, is not on a logging thread.</summary>
    private void Touch()
    {
        // a read first would map the page read-only, and the write after it would fault once more
        for (long offset = 0; offset < SizeBytes; offset += Environment.SystemPageSize)
            Interlocked.Or(ref *(int*)(_start + offset), 0);
    }

    /// <summary>
    /// Unmaps memory that nobody can be writing to. A segment that threads may still hold is left to the finalizer instead: a
    /// write to an unmapped page would kill the process.
    /// </summary>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Release();
    }

    ~SegmentMemory() => Release();

    private void Release()
    {
        if (_start is null)
            return;
        if (_view is null)
        {
            NativeMemory.Free(_start);
        }
        else
        {
            // unmapping by the handle first avoids the flush that disposing the accessor would do: points outlive the process in
            // the page cache, and reach the disk through the store
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.SafeMemoryMappedViewHandle.Dispose();
            _view.Dispose();
            _file!.Dispose();
        }

        _start = null;
    }
}
