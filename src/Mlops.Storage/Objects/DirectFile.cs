using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mlops.Storage;

/// <summary>
/// Writes a large file past the page cache, on Linux: what is flushed at once gains nothing from a copy there, and making it costs
/// as much as hashing the bytes, in virtual machines more. It is written from a huge page, since one of scattered small pages
/// becomes many small requests to the disk, which take nearly twice the time.
/// </summary>
internal static unsafe partial class DirectFile
{
    /// <summary>Smaller files are written as usual.</summary>
    public const int LeastBytes = 1024 * 1024;

    private const int PieceBytes = 2 * 1024 * 1024; // a huge page of the most usual size
    private const int Alignment = 4096;
    private const int Invalid = 22;
    private const int HugePages = 14; // MADV_HUGEPAGE

    // O_WRONLY, O_CREAT, O_EXCL and O_CLOEXEC, which are the same on both architectures, and O_DIRECT, which is not
    private const int CreateNew = 0x1 | 0x40 | 0x80 | 0x80000;
    private const int ReadableWritable = 0x1B6;

    /// <summary>Creates a file of these bytes, flushed to the medium; false, and there is no file, where that is not possible.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static bool TryWrite(string path, ReadOnlySpan<byte> bytes, Action<string>? step, CancellationToken cancellationToken)
    {
        var direct = !OperatingSystem.IsLinux() ? 0 : RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 0x4000,
            Architecture.Arm64 => 0x10000,
            _ => 0,
        };
        if (direct == 0 || bytes.Length < LeastBytes)
            return false;
        var descriptor = Open(path, CreateNew | direct, ReadableWritable);
        if (descriptor < 0)
        {
            // whatever it is, writing as usual says it; Linux makes the file before it sees that it cannot be written so
            File.Delete(path);
            return false;
        }

        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        var buffer = (byte*)NativeMemory.AlignedAlloc(PieceBytes, PieceBytes);
        _ = Advise(buffer, PieceBytes, HugePages); // where it is refused, it is only slower
        try
        {
            for (var at = 0L; at < bytes.Length; at += PieceBytes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var piece = bytes.Slice((int)at, (int)Math.Min(PieceBytes, bytes.Length - at));
                var whole = (piece.Length + Alignment - 1) / Alignment * Alignment;
                var aligned = new Span<byte>(buffer, whole);
                piece.CopyTo(aligned);
                aligned[piece.Length..].Clear();
                RandomAccess.Write(file, aligned, at);
                step?.Invoke("in put");
            }

            RandomAccess.SetLength(file, bytes.Length);
            RandomAccess.FlushToDisk(file);
            return true;
        }
        catch (IOException e) when (e.HResult == Invalid)
        {
            File.Delete(path); // the file system wants another alignment, or none of this
            return false;
        }
        finally
        {
            NativeMemory.AlignedFree(buffer);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(byte* start, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);
}
