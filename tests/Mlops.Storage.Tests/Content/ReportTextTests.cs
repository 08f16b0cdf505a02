namespace Mlops.Storage.Tests.Content;

public sealed class ReportTextTests
{
    public static TheoryData<object> Reports =>
    [
        new ScrubReport(3, 4000, true, ["one", "two"]),
        new IndexRebuildReport(3, 4000, ["one", "two"]),
        new ObjectCopyReport(3, 2, 4000, ["one", "two"]),
        new VerificationReport(3, 5, 4000, true, ["one", "two"]),
        new CopyReport(3, 5, 2, 4000, new Dictionary<RecordId, RecordId>(), ["one", "two"]),
    ];

    [Theory]
    [MemberData(nameof(Reports))]
    public void ToString_report_isTheFiguresAndALineForEach(object report)
    {
        var lines = report.ToString()!.Split('\n');
        Assert.Equal(["one", "two"], lines[1..]);
        Assert.Contains("3 ", lines[0], StringComparison.Ordinal);
        Assert.Contains("4000 ", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_garbage_namesTheItems()
    {
        var report = new GarbageReport(true, 1, 2, 3, 4, 5, 6, [new GarbageItem("object 'a'", 7, GarbageState.InGrace, "no record names it")]);
        Assert.Equal(
            "Dry run: 1 contents (2 chunks) in use; 3 condemned, 4 deleted, 5 bytes freed, 6 bytes packed anew; 1 items\n"
            + "object 'a', 7 bytes: InGrace, no record names it",
            report.ToString());
    }
}
