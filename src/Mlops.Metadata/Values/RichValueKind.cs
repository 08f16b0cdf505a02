namespace Mlops.Metadata;

/// <summary>What a rich value is, so that a reader knows how to draw it.</summary>
public enum RichValueKind
{
    /// <summary><see cref="TextValue"/>.</summary>
    Text = 1,

    /// <summary><see cref="ImageValue"/>.</summary>
    Image = 2,

    /// <summary><see cref="FigureValue"/>.</summary>
    Figure = 3,

    /// <summary><see cref="TableValue"/>.</summary>
    Table = 4,

    /// <summary><see cref="Mlops.Metadata.Histogram"/>.</summary>
    Histogram = 5,

    /// <summary><see cref="Mlops.Metadata.ConfusionMatrix"/>.</summary>
    ConfusionMatrix = 6,

    /// <summary><see cref="Mlops.Metadata.RocCurve"/>.</summary>
    RocCurve = 7,

    /// <summary><see cref="Mlops.Metadata.PrecisionRecallCurve"/>.</summary>
    PrecisionRecallCurve = 8,

    /// <summary><see cref="Mlops.Metadata.CalibrationCurve"/>.</summary>
    CalibrationCurve = 9,
}
