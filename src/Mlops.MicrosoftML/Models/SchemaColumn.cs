using Microsoft.ML;

namespace Mlops.MicrosoftML;

/// <param name="Name">The name.</param>
/// <param name="Type">Its type as ML.NET writes it.</param>
internal sealed record SchemaColumn(string Name, string Type)
{
    /// <summary>The columns that are not hidden behind a later one of the same name.</summary>
    public static IReadOnlyList<SchemaColumn> Of(DataViewSchema schema) =>
        [.. schema.Where(c => !c.IsHidden).Select(c => new SchemaColumn(c.Name, c.Type.ToString()!))];
}
