using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>Puts the lines of a run's log into the journal, numbered in their order. Thread-safe.</summary>
internal sealed class RunLog(Journal journal, RecordId run)
{
    /// <summary>Most characters of each part of a line.</summary>
    public const int MostCharacters = 20_000;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly MetricKey _key = journal.NewKey(run, LogRecord.Series, LogRecord.Series);
    private readonly Lock _gate = new();
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private long _lines;

    /// <summary>Appends a line; false if the journal had no room.</summary>
    /// <exception cref="ObjectDisposedException">The journal is closed.</exception>
    public bool Write(LogLine line)
    {
        lock (_gate)
        {
            _buffer.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(_buffer, Options))
                LogRecord.Write(writer, line);
            return journal.WriteText(_key, _lines++, Microseconds.From(line.Time), _buffer.WrittenSpan);
        }
    }
}
