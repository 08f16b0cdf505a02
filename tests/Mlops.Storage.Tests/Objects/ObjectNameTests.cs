namespace Mlops.Storage.Tests.Objects;

public sealed class ObjectNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("sha256/ab/0123456789abcdef")]
    [InlineData(".hidden/x..y/_-")]
    [InlineData("1/2/3/4/5/6/7/8")]
    public void Parse_validName_keepsIt(string text) => Assert.Equal(text, ObjectName.Parse(text).Value);

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("a/./b")]
    [InlineData("a.")]
    [InlineData("A")]
    [InlineData("a b")]
    [InlineData("a\\b")]
    [InlineData("c:")]
    [InlineData("~a")]
    [InlineData("a\n")]
    [InlineData("ä")]
    [InlineData("%2e%2e")]
    [InlineData("1/2/3/4/5/6/7/8/9")]
    public void Parse_invalidName_throwsNamingIt(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => ObjectName.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_segmentLength_isAtMost100()
    {
        Assert.Equal(100, ObjectName.Parse(new string('a', 100)).Value.Length);
        Assert.Throws<FormatException>(() => ObjectName.Parse(new string('a', 101)));
    }

    [Fact]
    public void Value_ofDefault_throwsInvalidOperation() => Assert.Throws<InvalidOperationException>(() => default(ObjectName).Value);
}
