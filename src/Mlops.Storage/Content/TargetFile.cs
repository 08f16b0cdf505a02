using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>A file that appears under its name only when it is whole.</summary>
internal static class TargetFile
{
    private const int BufferBytes = 128 * 1024;

    public static async Task WriteAsync(string path, Stream content, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(path) ?? throw new ArgumentException($"'{path}' is not the path of a file.", nameof(path));
        Directory.CreateDirectory(folder);
        var temporary = Path.Combine(folder, ".~" + RandomNumberGenerator.GetHexString(32, lowercase: true));
        try
        {
            var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
                BufferSize = 0,
                Options = FileOptions.Asynchronous,
            });
            await using (file.ConfigureAwait(false))
            {
                var buffer = new byte[BufferBytes];
                var written = 0L;
                int read;
                while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                {
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                    progress?.Report(written += read);
                }
            }

            cancellationToken.ThrowIfCancellationRequested();
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
