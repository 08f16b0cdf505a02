using System.Buffers;
using System.Text;

namespace Mlops.Metadata;

internal static class MarkdownTable
{
    private static readonly SearchValues<char> Special = SearchValues.Create(@"\`*_{}[]<>#|~&");

    public static void Write(RunTable table, TextWriter writer)
    {
        writer.WriteLine($"| {string.Join(" | ", table.Columns.Select(Escape))} |");
        writer.WriteLine($"|{string.Concat(table.Columns.Select((_, i) => i > 0 && table.Rows.Any(r => r[i].Number is not null) ? " ---: |" : " --- |"))}");
        foreach (var row in table.Rows)
            writer.WriteLine($"| {string.Join(" | ", row.Select(cell => cell.IsBest ? $"**{Escape(cell.ToString())}**" : Escape(cell.ToString())))} |");
    }

    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in VisibleText.Line(text))
            (Special.Contains(c) ? escaped.Append('\\') : escaped).Append(c);
        return escaped.ToString();
    }
}
