namespace Mlops.Storage.Tests.Records;

public sealed class RecordIdTests
{
    private const string Text = "0190a8c0ffee7abc8123456789abcdef";

    [Fact]
    public void Parse_hexInEitherCase_givesLowerCaseBack()
    {
        Assert.Equal(Text, RecordId.Parse(Text, null).ToString());
        Assert.Equal(RecordId.Parse(Text, null), RecordId.Parse(Text.ToUpperInvariant(), null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0190a8c0ffee7abc8123456789abcde")]
    [InlineData("0190a8c0ffee7abc8123456789abcdef0")]
    [InlineData("0190a8c0-ffee-7abc-8123-456789abcdef")]
    [InlineData(" 190a8c0ffee7abc8123456789abcdef")]
    [InlineData("0190a8c0ffee7abc8123456789abcde ")]
    [InlineData("+190a8c0ffee7abc8123456789abcdef")]
    [InlineData("0x90a8c0ffee7abc8123456789abcdef")]
    [InlineData("0190a8c0ffee7abc8123456789abcdeg")]
    [InlineData("00000000000000000000000000000000")]
    public void Parse_otherText_isRefusedNamingIt(string text)
    {
        Assert.False(RecordId.TryParse(text, null, out var id));
        Assert.True(id.IsEmpty);
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => RecordId.Parse(text, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_read_isBigEndian()
    {
        var bytes = new byte[RecordId.SizeBytes];
        RecordId.Parse(Text, null).Write(bytes);
        Assert.Equal(Text, Convert.ToHexStringLower(bytes));
        Assert.Equal(RecordId.Parse(Text, null), RecordId.Read(bytes));
    }

    [Fact]
    public void Compare_ids_ordersAsTheirText()
    {
        string[] texts = ["00000000000000000000000000000001", "7fffffffffffffffffffffffffffffff", "80000000000000000000000000000000", "ffffffffffffffffffffffffffffffff"];
        var ids = texts.Select(t => RecordId.Parse(t, null)).ToArray();
        Assert.Equal(ids, ids.Reverse().Order());
        Assert.True(ids[0] < ids[1] && ids[2] > ids[1] && ids[0] <= ids[1] && ids[3] >= ids[2]);
    }
}
