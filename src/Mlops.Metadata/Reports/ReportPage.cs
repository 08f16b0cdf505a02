using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Mlops.Metadata;

/// <summary>The parts of a report that are not charts.</summary>
internal sealed class ReportPage(HtmlWriter html, RunComparison comparison, string title, DateTimeOffset now)
{
    private const int LongestText = 300;
    private const int MostArtifacts = 1000;
    private const string NoteTag = "mlflow.note.content";

    private IReadOnlyList<Run> Runs => comparison.Runs;

    public void Begin(bool hasImages, bool hasFigures)
    {
        // a page within the page has styles of its own, and is under the policy of this one
        var style = hasFigures ? "'unsafe-inline'" : $"'sha256-{Hash(ReportAssets.Style)}'";
        html.Write($"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; {(hasImages ? "img-src data:; " : "")}style-src ").Markup(style);
        html.Write($"; script-src 'sha256-{Hash(ReportAssets.Script)}'; base-uri 'none'; form-action 'none'\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"referrer\" content=\"no-referrer\"><title>{title}</title>");
        html.Markup("<style>").Markup(Lines(ReportAssets.Style)).Markup("</style></head><body><main>\n");
        var experiments = comparison.Context.FirstOrDefault(c => c.Key == "experiment")?.Values.OfType<string>().Distinct() ?? [];
        html.Write($"<header><h1><bdi>{title}</bdi></h1><p>{string.Join(", ", experiments)} · {Runs.Count} {(Runs.Count == 1 ? "run" : "runs")} · written {Time(now)} UTC</p></header>\n");
    }

    public void End() => html.Markup("</main><script>").Markup(Lines(ReportAssets.Script)).Markup("</script></body></html>\n");

    public void WriteRuns()
    {
        BeginTable("Runs", ["Run", "Status", "Started, UTC", "Duration"]);
        for (var i = 0; i < Runs.Count; i++)
        {
            var run = Runs[i];
            html.Write($"<tr><th scope=\"row\"><span class=\"name\" data-toggle=\"{i}\">");
            RunMark.Write(html, i);
            html.Write($"<bdi>{Short(run.Name)}</bdi></span></th><td>{run.Status.ToString()}{(run.EndReason is { } reason ? $" ({reason})" : "")}</td><td class=\"time\">{Time(run.StartTime)}</td><td class=\"time\">{(run.EndTime is { } end ? NumberText.Duration((end - run.StartTime).TotalMicroseconds) : "goes on")}</td></tr>\n");
        }

        EndTable();
        foreach (var run in Runs.Where(r => r.Tags.ContainsKey(NoteTag)))
            html.Write($"<p class=\"note\"><bdi>{Short(run.Name)}</bdi>: <bdi>{Short(run.Tags[NoteTag])}</bdi></p>\n");
        foreach (var run in Runs.Where(r => r.Error is not null))
            html.Write($"<details><summary>Error of <bdi>{Short(run.Name)}</bdi></summary><code>{Short(run.Error!)}</code></details>\n");
        foreach (var run in Runs)
        {
            foreach (var finding in run.WatchFindings)
                html.Write($"<p class=\"note\"><bdi>{Short(run.Name)}</bdi>: <bdi>{Short(finding.Rule)}</bdi>{(finding.Step is { } step ? $" at step {step}" : "")}: <bdi>{Short(finding.Reason)}</bdi></p>\n");
        }
    }

    public void WriteMetrics()
    {
        if (comparison.Metrics.Count == 0)
            return;
        BeginTable("Metrics", ["Key"], Runs.Count == 1 ? [comparison.Value.ToString()] : [.. Runs.Select(r => Short(r.Name))]);
        foreach (var metric in comparison.Metrics)
        {
            // where all are equally good, none stands out
            var isMarked = metric.Best.Count < metric.Values.Count(v => v is not null);
            html.Write($"<tr><th scope=\"row\"><bdi>{metric.Key}</bdi></th>");
            for (var i = 0; i < Runs.Count; i++)
            {
                if (metric.Values[i] is not { } value)
                    html.Markup("<td class=\"n missing\">–</td>");
                else if (isMarked && metric.Best.Contains(i))
                    html.Write($"<td class=\"n best\">★ {NumberText.Of(value)}</td>");
                else
                    html.Write($"<td class=\"n\">{NumberText.Of(value)}</td>");
            }

            html.Markup("</tr>\n");
        }

        EndTable();
        if (Runs.Count > 1)
            html.Write($"<p class=\"note\">★ best of its row by the {comparison.Value.ToString().ToLowerInvariant()} value; none where it is not known which way is better.</p>\n");
    }

    public void WriteTexts(string heading, IReadOnlyList<ComparedText> texts)
    {
        if (texts.Count == 0)
            return;
        var differing = texts.Where(t => t.Differs).ToList();
        var equal = texts.Where(t => !t.Differs).ToList();
        if (differing.Count > 0)
        {
            BeginTable($"{heading} that differ", ["Key", .. Runs.Select(r => Short(r.Name))], []);
            foreach (var text in differing)
            {
                html.Write($"<tr><th scope=\"row\"><bdi>{text.Key}</bdi></th>");
                foreach (var value in text.Values)
                    WriteValue(value);
                html.Markup("</tr>\n");
            }

            EndTable();
        }

        if (equal.Count == 0)
            return;
        BeginTable(Runs.Count == 1 ? heading : $"{heading} equal in all runs", ["Key", "Value"]);
        foreach (var text in equal)
        {
            html.Write($"<tr><th scope=\"row\"><bdi>{text.Key}</bdi></th>");
            WriteValue(text.Values[0]);
            html.Markup("</tr>\n");
        }

        EndTable();
    }

    public void WriteArtifacts(Run run, IReadOnlyList<Artifact> artifacts)
    {
        html.Write($"<details{(Runs.Count == 1 ? " open" : "")}><summary><bdi>{Short(run.Name)}</bdi>: {artifacts.Count} {(artifacts.Count == 1 ? "artifact" : "artifacts")}</summary><div class=\"wide\"><table><thead><tr><th scope=\"col\">Path</th><th scope=\"col\" class=\"n\">Size</th><th scope=\"col\">SHA-256</th></tr></thead><tbody>\n");
        foreach (var artifact in artifacts.Take(MostArtifacts))
            html.Write($"<tr><td><bdi>{artifact.Path.Value}</bdi></td><td class=\"n\">{NumberText.Bytes(artifact.SizeBytes)}</td><td><code>{artifact.Digest.ToString()}</code></td></tr>\n");
        html.Write($"</tbody></table></div>{(artifacts.Count > MostArtifacts ? $"The first {MostArtifacts} are shown." : "")}</details>\n");
    }

    private void BeginTable(string heading, IReadOnlyList<string> columns, params IReadOnlyList<string> numbers)
    {
        html.Write($"<section><h2>{heading}</h2>").BeginWide(heading).Write($"<table class=\"{(numbers.Count > 0 ? "numbers" : "")}\"><thead><tr>");
        foreach (var column in columns)
            html.Write($"<th scope=\"col\"><bdi>{column}</bdi></th>");
        foreach (var column in numbers)
            html.Write($"<th scope=\"col\" class=\"n\"><bdi>{column}</bdi></th>");
        html.Markup("</tr></thead><tbody>\n");
    }

    private void EndTable() => html.Markup("</tbody></table></div></section>\n");

    private void WriteValue(string? value)
    {
        if (value is null)
            html.Markup("<td class=\"missing\">–</td>");
        else
            html.Write($"<td><bdi>{Short(value)}</bdi></td>");
    }

    private static string Short(string text) => VisibleText.Line(text, LongestText);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    // the policy names these hashes, so no other style and no other script can be in force
    private static string Hash(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Lines(text))));

    private static string Lines(string text) => text.ReplaceLineEndings("\n");
}
