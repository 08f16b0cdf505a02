using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlops.Metadata;

internal static partial class JsonTable
{
    public static void Write(RunTable table, TextWriter writer)
    {
        writer.Write("{\"columns\":");
        writer.Write(JsonSerializer.Serialize(table.Columns, Context.Default.IReadOnlyListString));
        writer.Write(",\"rows\":[");
        for (var i = 0; i < table.Rows.Count; i++)
        {
            var row = table.Rows[i];
            int[] best = [.. Enumerable.Range(0, row.Count).Where(c => row[c].IsBest)];
            writer.Write(i == 0 ? "\n" : ",\n");
            writer.Write(JsonSerializer.Serialize(
                new Row([.. row.Select(c => c.Number is { } n ? (object)n : c.Text)], best.Length > 0 ? best : null), Context.Default.Row));
        }

        writer.Write("\n]}\n");
    }

    internal sealed record Row(IReadOnlyList<object?> Cells, IReadOnlyList<int>? Best);

    [JsonSourceGenerationOptions(
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(Row))]
    [JsonSerializable(typeof(IReadOnlyList<string>))]
    [JsonSerializable(typeof(double))]
    [JsonSerializable(typeof(string))]
    private sealed partial class Context : JsonSerializerContext;
}
