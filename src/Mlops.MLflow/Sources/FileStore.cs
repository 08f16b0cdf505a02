using System.Text;

namespace Mlops.MLflow;

/// <summary>Reads the files of an <c>mlruns</c> folder; what cannot be read is counted. A link is reported and not followed.</summary>
internal sealed class FileStore(Tally tally)
{
    private const string Meta = "meta.yaml";
    private const long MostBytes = 64 * 1024 * 1024;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether a folder has what an <c>mlruns</c> folder has.</summary>
    public static bool Is(string folder) =>
        Directory.Exists(Path.Combine(folder, ".trash")) || Directory.EnumerateDirectories(folder).Any(d => File.Exists(Path.Combine(d, Meta)));

    public static string Key(string folder, string file) => Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/');

    public List<string> Folders(string folder) => SourceFolder.Folders(folder, tally);

    public IEnumerable<string> Files(string folder) => SourceFolder.FilesBelow(folder, tally);

    /// <summary>What the <c>meta.yaml</c> of a folder says; null, counted, if it says nothing.</summary>
    public IReadOnlyDictionary<string, string?>? TryMeta(string folder, Tally.Counter kind) => Try(
        Path.Combine(folder, Meta),
        kind,
        file => new FileInfo(file).LinkTarget is null ? MetaYaml.Read(file) : throw new InvalidDataException("is a link, which is not followed"));

    /// <summary>The files of a folder as pairs: a name, and the text.</summary>
    public Dictionary<string, string> Texts(string folder, Tally.Counter kind)
    {
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        foreach (var file in Files(folder))
        {
            if (Try(file, kind, ReadText) is { } text)
                texts[Key(folder, file)] = text;
        }

        return texts;
    }

    /// <summary>The lines of a file; they end where it cannot be read any more, which is counted.</summary>
    public IEnumerable<string> Lines(string file, Tally.Counter kind)
    {
        using var reader = Try(file, kind, path => new StreamReader(path, Encoding.UTF8, detectEncodingFromByteOrderMarks: false));
        while (reader is not null && Try(file, kind, _ => reader.ReadLine()) is { } line)
            yield return line;
    }

    // MLflow writes UTF-8 without a mark; what begins like the mark of another encoding is broken, not of that encoding
    private static string ReadText(string file) => new FileInfo(file).Length <= MostBytes
        ? Strict.GetString(File.ReadAllBytes(file))
        : throw new InvalidDataException($"is larger than {MostBytes} bytes");

    private T? Try<T>(string file, Tally.Counter kind, Func<string, T?> read)
        where T : class
    {
        try
        {
            return read(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or DecoderFallbackException)
        {
            tally.Refuse(kind, file, e is InvalidDataException ? $"The file {e.Message}." : $"The file cannot be read: {e.Message}");
            return null;
        }
    }
}
