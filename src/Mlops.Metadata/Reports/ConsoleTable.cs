using System.Globalization;

namespace Mlops.Metadata;

internal static class ConsoleTable
{
    private const int LongestText = 40;

    public static void Write(RunTable table, TextWriter writer)
    {
        List<string[]> lines = [[.. table.Columns.Select(c => VisibleText.Of(c, LongestText))], .. table.Rows.Select(row => row.Select(Text).ToArray())];
        int[] widths = [.. Enumerable.Range(0, table.Columns.Count).Select(i => lines.Max(line => Width(line[i])))];
        for (var i = 0; i < lines.Count; i++)
        {
            WriteLine(writer, lines[i], widths, i == 0 ? null : table.Rows[i - 1]);
            if (i == 0)
                WriteLine(writer, [.. widths.Select(w => new string('-', w))], widths, null);
        }
    }

    private static string Text(TableCell cell) => cell.Number is { } number
        ? number.ToString("G6", CultureInfo.InvariantCulture) + (cell.IsBest ? " *" : "")
        : VisibleText.Of(cell.Text ?? "", LongestText);

    private static void WriteLine(TextWriter writer, string[] line, int[] widths, IReadOnlyList<TableCell>? cells)
    {
        var text = "";
        for (var i = 0; i < line.Length; i++)
        {
            var gap = new string(' ', widths[i] - Width(line[i]));
            text += (i > 0 ? "  " : "") + (cells?[i].Number is null ? line[i] + gap : gap + line[i]);
        }

        writer.WriteLine(text.TrimEnd());
    }

    private static int Width(string text) => text.EnumerateRunes().Count();
}
