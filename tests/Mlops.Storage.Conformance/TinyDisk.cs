using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Mlops.Storage.Conformance;

/// <summary>
/// A real file system of a few bytes, so that "disk full" and "read-only" are the kernel's own answers. It needs Linux and the
/// right to mount; tests are skipped, with the reason, where that is missing.
/// </summary>
public sealed class TinyDisk : IDisposable
{
    private readonly string? _image;

    private TinyDisk(string path, string? image = null) => (Path, _image) = (path, image);

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>Mounts an empty disk, or skips the test.</summary>
    public static TinyDisk Mount(long sizeBytes) => Mount("tmpfs", "size=" + sizeBytes.ToString(CultureInfo.InvariantCulture));

    /// <summary>Mounts an empty disk whose files are written through the page cache only (ramfs), or skips the test.</summary>
    public static TinyDisk MountCached() => Mount("ramfs", "mode=0700");

    /// <summary>Mounts an empty disk whose files can share blocks (XFS, at least 300 MiB), or skips the test.</summary>
    public static TinyDisk MountCloning(long sizeBytes)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "a disk that clones needs Linux (XFS)");
        Skip.IfNot(Environment.IsPrivilegedProcess, "a disk that clones needs the right to mount (root)");
        var folder = Directory.CreateTempSubdirectory("tiny-disk-").FullName;
        var image = folder + ".img";
        using (var file = File.Create(image))
            file.SetLength(sizeBytes);
        var disk = new TinyDisk(folder, image);
        var reason = Run("mkfs.xfs", "-q", "-m", "reflink=1", image) is not 0 ? "there is no mkfs.xfs that makes disks that clone"
            : Run("mount", "-o", "loop", image, folder) is not 0 ? "mounting an image is not permitted here"
            : null;
        if (reason is not null)
            disk.Dispose();
        Skip.IfNot(reason is null, reason);
        return disk;
    }

    /// <summary>From now on every write fails, for root too.</summary>
    public void MakeReadOnly() => Assert.Equal(0, Run("mount", "-o", "remount,ro", Path));

    /// <summary>Unmounts it; what it held is gone.</summary>
    public void Dispose()
    {
        // lazily, so that a file that a failed test left open does not keep the mount
        _ = Run("umount", "-l", Path);
        Directory.Delete(Path);
        if (_image is not null)
            File.Delete(_image);
    }

    private static TinyDisk Mount(string kind, string options)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), $"a tiny disk needs Linux ({kind})");
        Skip.IfNot(Environment.IsPrivilegedProcess, "a tiny disk needs the right to mount (root)");
        var path = Directory.CreateTempSubdirectory("tiny-disk-").FullName;
        if (Run("mount", "-t", kind, "-o", options, kind, path) is not 0)
        {
            Directory.Delete(path);
            Skip.If(true, $"mounting a {kind} is not permitted here");
        }

        return new TinyDisk(path);
    }

    private static int? Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // no such program
        }
    }
}
