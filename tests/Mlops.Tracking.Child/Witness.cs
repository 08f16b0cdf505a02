using System.IO.MemoryMappedFiles;

namespace Mlops.Tracking.Child;

/// <summary>
/// Counters in a file that the parent made and keeps: what stands there was counted before the child died, whatever the store
/// says. One writer per counter.
/// </summary>
public sealed unsafe class Witness : IDisposable
{
    /// <summary>How many counters there are.</summary>
    public const int Counters = 64;

    private const int Stride = 64;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    /// <summary>Maps the file, made and zeroed if it is not there.</summary>
    public Witness(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, Counters * Stride);
        _view = _file.CreateViewAccessor();
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>One counter.</summary>
    public long this[int counter]
    {
        get => Volatile.Read(ref *At(counter));
        set => Volatile.Write(ref *At(counter), value);
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private long* At(int counter)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(counter);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(counter, Counters);
        return (long*)(_start + (counter * Stride));
    }
}
