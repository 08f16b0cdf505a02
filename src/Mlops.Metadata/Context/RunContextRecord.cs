using System.Buffers;
using System.Text.Json;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>
/// How a context is laid down: as a sealed record whose key is the digest of what it holds, so that all runs of a program on one
/// machine refer to one. Its tables are records of the same kind of key, because they change less often still.
/// </summary>
public static class RunContextRecord
{
    /// <summary>The kind of the record.</summary>
    public const string Kind = "context";

    /// <summary>The kind of a table's record, whose body is a JSON object of names and texts.</summary>
    public const string TableKind = "context-table";

    internal const string ValuePrefix = "context.";
    internal const string ProblemPrefix = "problems.";
    internal const string TablePrefix = "tables.";

    private static readonly string[] Frozen = [ValuePrefix + "*", ProblemPrefix + "*", TablePrefix + "*"];

    /// <summary>The changes that find or create the record of a context and those of its tables, the context last.</summary>
    /// <param name="values">What was captured; of two with one name the last counts.</param>
    /// <param name="problems">What went wrong, by the name of the provider.</param>
    /// <param name="ids">Makes the ids of what is new.</param>
    public static IReadOnlyList<RecordChange> Ensured(
        IEnumerable<RunContextValue> values, IReadOnlyDictionary<string, string> problems, IdGenerator ids)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(problems);
        ArgumentNullException.ThrowIfNull(ids);
        List<RecordChange> changes = [];
        var fields = new SortedDictionary<string, FieldValue>(StringComparer.Ordinal);
        foreach (var value in values)
        {
            if (value.Value is { } single)
            {
                fields[ValuePrefix + value.Name] = single;
                continue;
            }

            var (body, key) = value.Laid!.Value;
            changes.Add(new RecordChange
            {
                Id = ids.Next(),
                Kind = TableKind,
                Mode = ChangeMode.Ensure,
                Key = key,
                Action = "context.captured",
                Body = body,
                Seal = [],
            });
            fields[TablePrefix + value.Name] = FieldValue.Reference(new RecordKey(TableKind, key));
        }

        foreach (var (provider, problem) in problems)
            fields[ProblemPrefix + provider] = FieldValue.Text(problem);
        var (_, digest) = Lay(fields.Select(f => KeyValuePair.Create(f.Key, f.Value.ToString())));
        changes.Add(new RecordChange
        {
            Id = ids.Next(),
            Kind = Kind,
            Mode = ChangeMode.Ensure,
            Key = digest,
            Action = "context.captured",
            Fields = [.. fields.Select(f => FieldWrite.Set(f.Key, f.Value))],
            Seal = Frozen,
        });
        return changes;
    }

    /// <summary>A table as a body, and the key that it has by that.</summary>
    internal static (ReadOnlyMemory<byte> Body, string Key) Lay(IEnumerable<KeyValuePair<string, string>> rows)
    {
        var body = Json(rows);
        return (body, Digest.Of(body.Span).ToString());
    }

    internal static Dictionary<string, string> ReadTable(RecordSnapshot record)
    {
        using var json = JsonDocument.Parse(record.Body);
        return json.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!, StringComparer.Ordinal);
    }

    private static ReadOnlyMemory<byte> Json(IEnumerable<KeyValuePair<string, string>> rows)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (name, text) in rows.OrderBy(r => r.Key, StringComparer.Ordinal))
                writer.WriteString(name, text);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
