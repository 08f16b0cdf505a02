using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>A value of a parameter or tag that is too long for a field: an artifact of the run, with a pointer in the field.</summary>
internal sealed record LongText(ArtifactPath Path, string Value)
{
    public string Pointer => $"artifact:{Path}";

    /// <param name="kind">The folder, <c>params</c> or <c>tags</c>.</param>
    /// <param name="key">Its key, whose digest names the file: a key may be no path.</param>
    /// <param name="value">The text.</param>
    public static LongText Of(string kind, string key, string value) =>
        new(ArtifactPath.Parse($"mlflow/{kind}/{Digest.Of(System.Text.Encoding.UTF8.GetBytes(key))}.txt"), value);
}
