using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Mlops.Benchmarks.Baselines;

/// <summary>
/// The least that can be done to let a point outlive its process: 32 bytes with a time stamp, stored through a pointer into a
/// mapped file. It starts over when the file is full and every page was touched before, so that no page fault is counted; it
/// has no checksum, no second thread and nobody who reads it.
/// </summary>
internal sealed unsafe class MappedLog : IDisposable
{
    private const int Slots = 1 << 20;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Slot* _slots;
    private long _next;

    public MappedLog(string path)
    {
        var size = (long)Slots * sizeof(Slot);
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.CreateNew, mapName: null, size);
        _view = _file.CreateViewAccessor();
        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        _slots = (Slot*)pointer;
        new Span<byte>(pointer, checked((int)size)).Fill(0xFF);
    }

    public void Append(int series, long step, double value)
    {
        var index = _next++;
        var slot = _slots + (index & (Slots - 1));
        slot->Step = step;
        slot->Value = value;
        slot->Time = Stopwatch.GetTimestamp();
        slot->Series = series;
        slot->Sequence = (int)index;
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Slot
    {
        public long Step;
        public double Value;
        public long Time;
        public int Series;
        public int Sequence;
    }
}
