namespace Mlops.Metadata;

/// <summary>
/// A value of a run that is more than a number: what it shows at one step. It is kept as content by its digest, so equal values
/// are stored once, and is at most <see cref="MaxBytes"/> long; a larger file is an artifact.
/// </summary>
public abstract record RichValue
{
    /// <summary>The longest encoded value: 16 MiB.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private protected RichValue()
    {
    }

    /// <summary>What it is.</summary>
    public abstract RichValueKind Kind { get; }

    /// <summary>The bytes that are stored: a text, picture or page as it is, and everything else as JSON.</summary>
    public abstract ReadOnlyMemory<byte> Encode();

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are no value of that kind.</exception>
    public static RichValue Decode(RichValueKind kind, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return kind switch
            {
                RichValueKind.Text => TextValue.Read(bytes.Span),
                RichValueKind.Image => new ImageValue(bytes),
                RichValueKind.Figure => FigureValue.Read(bytes.Span),
                RichValueKind.Table => ValueJson.Read(bytes, ValueJson.Default.TableValue),
                RichValueKind.Histogram => ValueJson.Read(bytes, ValueJson.Default.Histogram),
                RichValueKind.ConfusionMatrix => ValueJson.Read(bytes, ValueJson.Default.ConfusionMatrix),
                RichValueKind.RocCurve => ValueJson.Read(bytes, ValueJson.Default.RocCurve),
                RichValueKind.PrecisionRecallCurve => ValueJson.Read(bytes, ValueJson.Default.PrecisionRecallCurve),
                RichValueKind.CalibrationCurve => ValueJson.Read(bytes, ValueJson.Default.CalibrationCurve),
                _ => throw new FormatException($"{(int)kind} is no kind of value that this release knows."),
            };
        }
        catch (Exception e) when (e is ArgumentException or System.Text.Json.JsonException)
        {
            throw new FormatException($"The bytes are no {kind}: {e.Message}", e);
        }
    }
}
