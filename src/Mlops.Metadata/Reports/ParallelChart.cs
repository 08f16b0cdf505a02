using System.Globalization;

namespace Mlops.Metadata;

/// <summary>
/// Parallel coordinates as inline SVG: an axis for each differing parameter and one for the metric, which colours the lines. An
/// axis of numbers is a scale, any other a list of its texts; what is missing or not a number has a place of its own below.
/// </summary>
internal sealed class ParallelChart(RunComparison comparison, ComparedMetric target)
{
    private const int MostAxes = 12;
    private const int Gap = 130;

    public void Write(HtmlWriter html)
    {
        var differing = comparison.Params.Where(p => p.Differs).ToList();
        List<Axis> axes = [.. differing.Take(MostAxes).Select(p => Axis.Of(p.Key, p.Values)),
            Axis.Of(target.Key, [.. target.Values.Select(v => v?.ToString("R", CultureInfo.InvariantCulture))])];
        var width = ((axes.Count - 1) * Gap) + 200;
        html.Write($"<section><h2>Parameters against {target.Key}</h2>").BeginWide("Parallel coordinates").Write($"<svg class=\"parallel\" viewBox=\"0 0 {width} 280\" width=\"{width}\" role=\"img\" aria-labelledby=\"tp dp\"><title id=\"tp\">Parameters against {target.Key}</title><desc id=\"dp\">One line for each of {comparison.Runs.Count} runs; the tables below hold the same values.</desc>\n");
        var last = axes[^1];
        foreach (var i in Enumerable.Range(0, comparison.Runs.Count).OrderBy(i => target.Best.Contains(i)))
        {
            var points = string.Join(' ', axes.Select((axis, a) => string.Create(CultureInfo.InvariantCulture, $"{80 + (a * Gap)},{axis.Y(i):0.#}")));
            var color = last.Fraction(i) is { } f ? $"m{(int)Math.Min(4, 5 * f)}" : "mx";
            html.Write($"<polyline class=\"run {color}{(target.Best.Contains(i) ? " best" : "")}\" data-run=\"{i}\" points=\"{points}\"><title>{comparison.Runs[i].Name}: {NumberText.Of(target.Values[i] ?? double.NaN)}</title></polyline>\n");
        }

        for (var a = 0; a < axes.Count; a++)
            axes[a].Write(html, 80 + (a * Gap));
        html.Write($"</svg></div><p class=\"note\">Line colour: {target.Key}, from low (light) to high (strong){(target.Best.Count > 0 ? "; the best is thick" : "")}. Missing values stand below the axes{(differing.Count > MostAxes ? $". The first {MostAxes} of {differing.Count} differing parameters" : "")}.</p></section>\n");
    }

    private sealed class Axis
    {
        private const int Top = 40;
        private const int Bottom = 230;
        private const int Missing = 256;
        private readonly string _name;
        private readonly ChartScale? _scale;
        private readonly List<string> _texts;
        private readonly double?[] _fractions;

        private Axis(string name, ChartScale? scale, List<string> texts, double?[] fractions) =>
            (_name, _scale, _texts, _fractions) = (name, scale, texts, fractions);

        public static Axis Of(string name, IReadOnlyList<string?> values)
        {
            var numbers = values.Select(v => double.TryParse(v, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) ? n : (double?)null).ToList();
            var finite = numbers.OfType<double>().Where(double.IsFinite).ToList();
            if (finite.Count > 0 && numbers.Zip(values).All(p => p.First is not null || p.Second is null))
            {
                var scale = ChartScale.OfValues(finite.Min(), finite.Max());
                return new Axis(name, scale, [], [.. numbers.Select(n => n is { } v && double.IsFinite(v) ? scale.At(v) : (double?)null)]);
            }

            var texts = values.OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            return new Axis(name, null, texts, [.. values.Select(v => v is null ? (double?)null : Place(texts, texts.IndexOf(v)))]);
        }

        public double? Fraction(int run) => _fractions[run];

        public double Y(int run) => _fractions[run] is { } f ? Bottom - ((Bottom - Top) * f) : Missing;

        public void Write(HtmlWriter html, int x)
        {
            html.Write($"<path class=\"axis\" d=\"M{x} {Top}V{Bottom}\"/><text class=\"head\" x=\"{x}\" y=\"22\" text-anchor=\"middle\"><title>{_name}</title>{VisibleText.Of(_name, 20)}</text>");
            var ticks = _scale?.Ticks() ?? _texts.Select((t, i) => (Place(_texts, i), VisibleText.Of(t, 14)));
            var every = _scale is null ? Math.Max(1, (_texts.Count + 13) / 14) : 1;
            foreach (var ((value, text), i) in ticks.Select((t, i) => (t, i)))
            {
                if (i % every == 0)
                    html.Write($"<text x=\"{x - 6}\" y=\"{Bottom - ((Bottom - Top) * (_scale?.At(value) ?? value)) + 3.5}\" text-anchor=\"end\">{text}</text>");
            }

            if (_fractions.Contains(null))
                html.Write($"<text x=\"{x - 6}\" y=\"{Missing + 3.5}\" text-anchor=\"end\">none</text><circle class=\"none\" cx=\"{x}\" cy=\"{Missing}\" r=\"2.5\"/>");
        }

        private static double Place(List<string> texts, int index) => texts.Count == 1 ? 0.5 : (double)index / (texts.Count - 1);
    }
}
