using Mlops.Storage;

namespace Mlops.Metadata;

public static partial class RunRecord
{
    internal const string WatchPrefix = "watch.";

    /// <summary>The field that holds what a rule found, with the step as the number beside the reason; the last of a rule counts.</summary>
    public static FieldWrite Found(WatchFinding finding)
    {
        ArgumentNullException.ThrowIfNull(finding);
        return new FieldWrite(
            WatchPrefix + EntityText.Key("rule", finding.Rule),
            FieldWriteMode.Replace,
            [FieldValue.Text(finding.Reason, finding.Step), FieldValue.Time(finding.Time)]);
    }

    private static List<WatchFinding> ReadFindings(RecordSnapshot record) =>
    [
        .. record.Fields
            .Where(f => f.Key.StartsWith(WatchPrefix, StringComparison.Ordinal) && f.Value.Count > 1)
            .Select(f => new WatchFinding(f.Key[WatchPrefix.Length..], f.Value[0].AsText, (long?)f.Value[0].AsNumber, f.Value[1].AsTime))
            .OrderBy(f => f.Time).ThenBy(f => f.Rule, StringComparer.Ordinal),
    ];
}
