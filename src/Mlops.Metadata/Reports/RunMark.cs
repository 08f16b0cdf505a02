namespace Mlops.Metadata;

/// <summary>How the runs of a report are told apart: six colours, each with four ways to draw a line.</summary>
internal static class RunMark
{
    /// <summary>The classes of what belongs to a run.</summary>
    public static string Of(int run) => FormattableString.Invariant($"c{run % 6} k{run / 6 % 4}");

    /// <summary>Writes a piece of the run's line.</summary>
    public static void Write(HtmlWriter html, int run) =>
        html.Write($"<svg class=\"key {Of(run)}\" viewBox=\"0 0 26 10\" aria-hidden=\"true\"><path d=\"M0 5h26\"/></svg>");
}
