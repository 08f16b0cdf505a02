namespace Mlops.Storage.Tests.Records;

public sealed class FieldValueTests
{
    private static readonly RecordId Id = RecordId.Parse("0190a8c0ffee7abc8123456789abcdef", null);
    private static readonly Digest Content = Storage.Digest.Of("x"u8);

    [Fact]
    public void Make_eachType_givesItsValueBack()
    {
        Assert.Equal("0.1", FieldValue.Text("0.1", 0.1).AsText);
        Assert.Equal(0.1, FieldValue.Text("0.1", 0.1).AsNumber);
        Assert.Null(FieldValue.Text("a").AsNumber);
        Assert.Equal(double.NaN, FieldValue.Number(double.NaN).AsNumber);
        Assert.Equal(-5, FieldValue.Time(-5).AsMicroseconds);
        Assert.Equal(Id, FieldValue.Reference(Id).AsReference);
        Assert.Null(FieldValue.Reference(Id).ReferenceKey);
        Assert.Equal(new RecordKey("experiment", "a\nb"), FieldValue.Reference(new RecordKey("experiment", "a\nb")).ReferenceKey);
        Assert.Equal(Content, FieldValue.Digest(Content).AsDigest);
    }

    [Fact]
    public void Time_instant_isCutToMicrosecondsInUtc()
    {
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)).AddTicks(1_234_567);
        var kept = FieldValue.Time(time).AsTime;
        Assert.Equal(TimeSpan.Zero, kept.Offset);
        Assert.Equal(time.AddTicks(-7), kept);
    }

    [Fact]
    public void As_otherType_throwsNamingBoth()
    {
        var error = Assert.Throws<InvalidOperationException>(() => FieldValue.Number(1).AsText);
        Assert.Contains("Number", error.Message, StringComparison.Ordinal);
        Assert.Contains("Text", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => default(FieldValue).AsText);
    }

    [Fact]
    public void Equals_sameValue_isByTypeAndValue()
    {
        Assert.Equal(FieldValue.Number(double.NaN), FieldValue.Number(double.NaN));
        Assert.Equal(FieldValue.Text("a"), FieldValue.Text("a"));
        Assert.NotEqual(FieldValue.Text("1"), FieldValue.Text("1", 1));
        Assert.NotEqual(FieldValue.Time(1), FieldValue.Reference(new RecordId(1)));
    }

    [Fact]
    public void ToString_eachType_isInvariant()
    {
        Assert.Equal("0.1", FieldValue.Number(0.1).ToString());
        Assert.Equal("1970-01-01T00:00:00.000001Z", FieldValue.Time(1).ToString());
        Assert.Equal("experiment/flights", FieldValue.Reference(new RecordKey("experiment", "flights")).ToString());
        Assert.Equal(Id.ToString(), FieldValue.Reference(Id).ToString());
        Assert.Equal("(none)", default(FieldValue).ToString());
    }
}
