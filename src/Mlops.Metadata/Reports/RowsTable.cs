namespace Mlops.Metadata;

/// <summary>The first rows of a table.</summary>
internal static class RowsTable
{
    private const int MostRows = 20;
    private const int MostColumns = 30;
    private const int LongestText = 120;

    public static void Write(HtmlWriter html, TableValue table)
    {
        var columns = table.Columns.Take(MostColumns).ToList();
        html.BeginWide("Table").Markup("<table class=\"numbers\"><thead><tr>");
        foreach (var column in columns)
            html.Write($"<th scope=\"col\" class=\"{(column.Numbers is null ? "" : "n")}\"><bdi>{VisibleText.Of(column.Name, LongestText)}</bdi></th>");
        html.Markup("</tr></thead><tbody>\n");
        var count = table.Columns[0].Count;
        for (var row = 0; row < Math.Min(count, MostRows); row++)
        {
            html.Markup("<tr>");
            foreach (var column in columns)
            {
                if (column.Numbers is { } numbers)
                    html.Write($"<td class=\"n\">{(numbers[row] is { } number ? NumberText.Of(number) : "–")}</td>");
                else
                    html.Write($"<td><bdi>{(column.Texts![row] is { } text ? VisibleText.Line(text, LongestText) : "–")}</bdi></td>");
            }

            html.Markup("</tr>\n");
        }

        html.Write($"</tbody></table></div><figcaption>{(count == 0 ? "no rows" : count > MostRows ? $"{NumberText.Count(count - MostRows)} more rows" : "")}{(table.Columns.Count > MostColumns ? $"; {NumberText.Count(table.Columns.Count - MostColumns)} more columns" : "")}</figcaption>");
    }
}
