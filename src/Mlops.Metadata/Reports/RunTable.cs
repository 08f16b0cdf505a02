namespace Mlops.Metadata;

/// <summary>Runs, groups or a comparison as a table, to be written in one of several formats. Immutable.</summary>
/// <param name="Columns">The heads of the columns.</param>
/// <param name="Rows">The rows, each as long as the columns.</param>
public sealed record RunTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<TableCell>> Rows)
{
    /// <summary>A comparison: a row for each metric, parameter, tag and piece of context, a column for each run, headed by
    /// its name; with the id where several have that name.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="onlyDifferences">Leaves out what is equal in all runs; metrics stay.</param>
    public static RunTable Of(RunComparison comparison, bool onlyDifferences = false)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        List<IReadOnlyList<TableCell>> rows = [];
        foreach (var metric in comparison.Metrics)
            rows.Add([new("metrics." + metric.Key), .. metric.Values.Select((v, i) => new TableCell(null, v, metric.Best.Contains(i)))]);
        AddTexts("params.", comparison.Params);
        AddTexts("tags.", comparison.Tags);
        AddTexts("", comparison.Context);
        return new RunTable(["field", .. comparison.Labels], rows);

        void AddTexts(string prefix, IReadOnlyList<ComparedText> texts)
        {
            foreach (var text in texts.Where(t => t.Differs || !onlyDifferences))
                rows.Add([new(prefix + text.Key), .. text.Values.Select(v => new TableCell(v))]);
        }
    }

    /// <summary>A list of runs: a row for each, a column for each field.</summary>
    public static RunTable Of(IReadOnlyList<Run> runs, IReadOnlyList<RunField> fields)
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentNullException.ThrowIfNull(fields);
        return new RunTable(
            [.. fields.Select(f => f.Name)], [.. runs.Select(run => (IReadOnlyList<TableCell>)[.. fields.Select(f => f.CellOf(run))])]);
    }

    /// <summary>Writes the table; the writer is not flushed or closed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such format.</exception>
    public void Write(TextWriter writer, TableFormat format)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Action<RunTable, TextWriter> write = format switch
        {
            TableFormat.Console => ConsoleTable.Write,
            TableFormat.Markdown => MarkdownTable.Write,
            TableFormat.Csv => CsvTable.Write,
            TableFormat.Json => JsonTable.Write,
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Not a table format."),
        };
        write(this, writer);
    }
}
