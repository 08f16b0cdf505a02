using System.Buffers;

namespace Mlops.Metadata;

internal static class CsvTable
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n");

    public static void Write(RunTable table, TextWriter writer)
    {
        WriteLine(writer, table.Columns);
        foreach (var row in table.Rows)
            WriteLine(writer, row.Select(cell => cell.ToString()));
    }

    private static void WriteLine(TextWriter writer, IEnumerable<string> texts)
    {
        writer.Write(string.Join(',', texts.Select(Escape)));
        writer.Write("\r\n");
    }

    private static string Escape(string text) =>
        text.AsSpan().ContainsAny(Quoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
