using System.Globalization;
using System.Text.Json.Nodes;

namespace Mlops.MLflow;

/// <summary>A row by the names of its columns, because columns differ between MLflow's schemas.</summary>
internal sealed class SqlRow(IReadOnlyDictionary<string, object?> values)
{
    /// <summary>A column as text; null if it is null or not in this schema.</summary>
    public string? Text(string column) =>
        values.GetValueOrDefault(column) is { } value ? Convert.ToString(value, CultureInfo.InvariantCulture) : null;

    public JsonObject ToJson()
    {
        var json = new JsonObject();
        foreach (var (column, value) in values.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            json[column] = value switch
            {
                null => null,
                long number => JsonValue.Create(number),
                byte[] bytes => JsonValue.Create(Convert.ToBase64String(bytes)),
                double number when double.IsFinite(number) => JsonValue.Create(number),
                _ => JsonValue.Create(Convert.ToString(value, CultureInfo.InvariantCulture)),
            };
        }

        return json;
    }
}
