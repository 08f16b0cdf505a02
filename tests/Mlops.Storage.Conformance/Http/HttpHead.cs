using System.Globalization;
using System.Text;

namespace Mlops.Storage.Conformance;

/// <summary>The part of a message before its body, exactly as it came.</summary>
internal sealed class HttpHead
{
    public HttpHead(byte[] bytes)
    {
        Bytes = bytes;
        var lines = Encoding.Latin1.GetString(bytes).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        StartLine = lines[0];
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        Headers = headers;
    }

    public byte[] Bytes { get; }

    public string StartLine { get; }

    public IReadOnlyDictionary<string, string> Headers { get; }

    public bool IsChunked => Headers.GetValueOrDefault("Transfer-Encoding", "").Contains("chunked", StringComparison.OrdinalIgnoreCase);

    public long? ContentLength => Headers.TryGetValue("Content-Length", out var text) ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>Of an answer.</summary>
    public int StatusCode => int.Parse(StartLine.AsSpan(9, 3), CultureInfo.InvariantCulture);
}
