using System.Globalization;

namespace Mlops.Metadata;

/// <summary>The axes of a chart as inline SVG, and where values stand between them.</summary>
/// <param name="x">From left to right.</param>
/// <param name="y">From below.</param>
/// <param name="height">Of the part between the axes, which is 344 wide.</param>
/// <param name="axis">What the script is to take the positions from left to right for.</param>
internal sealed class ChartFrame(ChartScale x, ChartScale y, int height = 180, string axis = "Value")
{
    // within the axes a tenth of a unit, so that coordinates are whole numbers
    public const int Width = 3440;

    public int Height => height * 10;

    public double X(double value) => Width * x.At(value);

    public double Y(double value) => Height * (1 - y.At(value));

    /// <summary>Leaves a group open in which coordinates are those of <see cref="X"/> and <see cref="Y"/>.</summary>
    public void Begin(HtmlWriter html, int number, string title, string description)
    {
        html.Write($"<svg viewBox=\"0 0 400 {height + 32}\" role=\"img\" aria-labelledby=\"t{number} d{number}\" data-x0=\"{R(x.Low)}\" data-x1=\"{R(x.High)}\" data-y0=\"{R(y.Low)}\" data-y1=\"{R(y.High)}\" data-h=\"{Height}\" data-log=\"{(y.IsLogarithmic ? "1" : "")}\" data-axis=\"{axis}\">");
        html.Write($"<title id=\"t{number}\">{title}</title><desc id=\"d{number}\">{description}</desc>");
        var bottom = height + 8;
        foreach (var (value, text) in y.Ticks())
        {
            var at = bottom - (height * y.At(value));
            html.Write($"<path class=\"grid\" d=\"M48 {at}h344\"/><text x=\"43\" y=\"{at + 3.5}\" text-anchor=\"end\">{text}</text>");
        }

        foreach (var (value, text) in x.Ticks())
        {
            var at = 48 + (344 * x.At(value));
            html.Write($"<path class=\"axis\" d=\"M{at} {bottom}v4\"/><text x=\"{at}\" y=\"{bottom + 18}\" text-anchor=\"{(at > 380 ? "end" : "middle")}\">{text}</text>");
        }

        html.Write($"<path class=\"axis\" d=\"M48 {bottom}h344\"/>");
        html.Markup("<g transform=\"translate(48 8) scale(.1)\">");
    }

    public static void End(HtmlWriter html) => html.Markup("</g></svg>\n");

    private static string R(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
