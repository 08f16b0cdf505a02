using System.Text.Json;

namespace Mlops.Metadata;

/// <summary>How a line of a log is laid down: as a JSON object, which is one value of the text series <see cref="Series"/> of its run.</summary>
public static class LogRecord
{
    /// <summary>The name of the series.</summary>
    public const string Series = "log";

    private const string Level = "l";
    private const string Category = "c";
    private const string Message = "m";
    private const string EventId = "e";
    private const string Scope = "s";
    private const string Exception = "x";

    /// <summary>Writes all of a line but its time and position, which are those of the point.</summary>
    public static void Write(Utf8JsonWriter writer, LogLine line)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(line);
        writer.WriteStartObject();
        writer.WriteString(Level, Word(line.Level));
        writer.WriteString(Category, line.Category);
        writer.WriteString(Message, line.Message);
        if (line.EventId != 0)
            writer.WriteNumber(EventId, line.EventId);
        if (line.Scope is not null)
            writer.WriteString(Scope, line.Scope);
        if (line.Exception is not null)
            writer.WriteString(Exception, line.Exception);
        writer.WriteEndObject();
    }

    internal static LogLine Read(string text, DateTimeOffset time, long position)
    {
        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        return new LogLine(time, ParseLevel(TextOf(root, Level)), TextOf(root, Category) ?? "", TextOf(root, Message) ?? "")
        {
            Position = position,
            EventId = root.TryGetProperty(EventId, out var id) ? id.GetInt32() : 0,
            Scope = TextOf(root, Scope),
            Exception = TextOf(root, Exception),
        };
    }

    private static string? TextOf(JsonElement root, string name) => root.TryGetProperty(name, out var text) ? text.GetString() : null;

    private static string Word(LogLineLevel level) => level switch
    {
        LogLineLevel.Trace => "trace",
        LogLineLevel.Debug => "debug",
        LogLineLevel.Information => "info",
        LogLineLevel.Warning => "warning",
        LogLineLevel.Error => "error",
        LogLineLevel.Critical => "critical",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "Not a level of a log line."),
    };

    private static LogLineLevel ParseLevel(string? word) => word switch
    {
        "trace" => LogLineLevel.Trace,
        "debug" => LogLineLevel.Debug,
        "warning" => LogLineLevel.Warning,
        "error" => LogLineLevel.Error,
        "critical" => LogLineLevel.Critical,
        _ => LogLineLevel.Information,
    };
}
