namespace Mlops.Metadata;

/// <summary>The steps of a run as rows with a bar each: when in the run, and how long.</summary>
internal sealed class StepTable(HtmlWriter html, Run run, IReadOnlyList<RunStep> steps, DateTimeOffset now)
{
    private const int MostRows = 1000;
    private const int MostNames = 5;
    private const int LongestText = 300;
    private const double Width = 240;
    private int _rows;

    public void Write(bool open)
    {
        html.Write($"<details{(open ? " open" : "")}><summary><bdi>{Short(run.Name)}</bdi>: {steps.Count} {(steps.Count == 1 ? "step" : "steps")}</summary><div class=\"wide\"><table><thead><tr><th scope=\"col\">Step</th><th scope=\"col\">Status</th><th scope=\"col\">Duration</th><th scope=\"col\">When</th><th scope=\"col\">Inputs</th><th scope=\"col\">Outputs</th></tr></thead><tbody>\n");

        // from the first start to the last end, so that bars of a run that was reopened days later can still be seen as such
        var all = Flat(steps, 0).ToList();
        var start = all.Min(s => s.Step.StartTime);
        var end = all.Max(s => EndOf(s.Step));
        foreach (var (step, depth) in all.Take(MostRows))
            WriteRow(step, depth, start, Math.Max(1, (end - start).TotalMicroseconds));
        html.Write($"</tbody></table></div>{(all.Count > MostRows ? $"The first {MostRows} of {all.Count} are shown." : "")}</details>\n");
    }

    private void WriteRow(RunStep step, int depth, DateTimeOffset start, double whole)
    {
        var from = (step.StartTime - start).TotalMicroseconds / whole * Width;
        var width = Math.Max(2, (EndOf(step) - step.StartTime).TotalMicroseconds / whole * Width);
        html.Write($"<tr><th scope=\"row\">{string.Concat(Enumerable.Repeat("\u00a0\u00a0\u00a0", Math.Min(depth, 20)))}<bdi>{Short(step.Name)}</bdi>{(step.Attempt > 1 ? $" (attempt {step.Attempt})" : "")}</th>");
        html.Write($"<td>{step.Status.ToString()}{(step.EndReason is { } reason ? $" ({reason})" : "")}{(step.Error is { } error ? $": {Short(error)}" : "")}</td>");
        html.Write($"<td class=\"time\">{(step.Duration is { } duration ? NumberText.Duration(duration.TotalMicroseconds) : "–")}</td>");
        html.Write($"<td><svg class=\"c{_rows++ % 6}\" width=\"242\" height=\"12\" viewBox=\"0 0 242 12\" aria-hidden=\"true\"><rect class=\"mark\" x=\"{Math.Min(from, Width)}\" y=\"1\" width=\"{width}\" height=\"10\" rx=\"1\"/></svg></td>");
        html.Write($"<td><bdi>{Names(step.Inputs)}</bdi></td><td><bdi>{Names(step.Outputs)}</bdi></td></tr>\n");
    }

    private DateTimeOffset EndOf(RunStep step) => step.EndTime ?? (step.Status == RunStatus.Running ? Latest(now, step.StartTime) : step.StartTime);

    private static DateTimeOffset Latest(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static IEnumerable<(RunStep Step, int Depth)> Flat(IEnumerable<RunStep> steps, int depth) =>
        steps.SelectMany(s => Flat(s.Children, depth + 1).Prepend((s, depth)));

    private static string Names(IReadOnlyList<StepData> data) => string.Join(
        ", ", data.Take(MostNames).Select(d => Short(d.Version is { } version ? $"{d.Name} {version}" : d.Name))) + (data.Count > MostNames ? $" and {data.Count - MostNames} more" : "");

    private static string Short(string text) => VisibleText.Line(text, LongestText);
}
