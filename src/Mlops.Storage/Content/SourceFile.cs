namespace Mlops.Storage;

/// <summary>A file of the caller's that is to be stored.</summary>
internal static class SourceFile
{
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            // others may go on writing: a change is detected by its digest, which also catches writers that a lock would not
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
            });
        }
        catch (DirectoryNotFoundException e)
        {
            throw new FileNotFoundException($"There is no file '{path}'.", path, e);
        }
    }
}
