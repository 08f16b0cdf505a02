using CsCheck;

namespace Mlops.Metadata.Tests;

public sealed class EntityTextTests
{
    [Fact]
    public void Key_anyText_isTakenAsItIsOrRefused() => Gen.String.Sample(text =>
    {
        var allowed = text.Length is >= 1 and <= EntityText.MaxKeyLength && !text.Any(char.IsControl) && IsValid(text);
        try
        {
            return EntityText.Key("tag", text) == text && allowed;
        }
        catch (ArgumentException e)
        {
            return !allowed && e.Message.StartsWith("The tag key ", StringComparison.Ordinal);
        }
    });

    [Fact]
    public void Value_anyText_isTakenAsItIsOrRefused() => Gen.String.Sample(text =>
    {
        try
        {
            return EntityText.Value("tag", "k", text) == text && IsValid(text);
        }
        catch (ArgumentException)
        {
            return !IsValid(text);
        }
    });

    [Theory]
    [InlineData("four", 4, "four")]
    [InlineData("fives", 4, "five…")]
    [InlineData("abc😀", 5, "abc😀")]
    [InlineData("abc😀d", 4, "abc…")]
    [InlineData("😀", 1, "…")]
    [InlineData("", 1, "")]
    public void Cut_text_keepsWhatFitsAndNoHalfPair(string text, int most, string expected) => Assert.Equal(expected, EntityText.Cut(text, most));

    [Theory]
    [InlineData(1)]
    [InlineData(EntityText.MaxKeyLength)]
    public void Key_lengthAtTheLimits_isTaken(int length) => Assert.Equal(length, EntityText.Key("metric", new string('k', length)).Length);

    [Fact]
    public void Key_tooLong_showsItsBeginningOnly()
    {
        var refused = Assert.Throws<ArgumentException>("key", () => EntityText.Key("metric", new string('k', 251)));
        Assert.StartsWith($"The metric key '{new string('k', 40)}…' has 251 characters; at most 250 are allowed.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Name_lengthAtTheLimits_isTakenAndBeyondRefused()
    {
        Assert.Equal(500, EntityText.Name("run", new string('n', 500)).Length);
        Assert.Throws<ArgumentException>("name", () => EntityText.Name("run", new string('n', 501)));
        Assert.Throws<ArgumentException>("name", () => EntityText.Name("run", ""));
        Assert.Throws<ArgumentNullException>("name", () => EntityText.Name("run", null!));
    }

    [Fact]
    public void Value_anyCharacterButHalfPairs_isTaken()
    {
        Assert.Equal("\0\r\n\u0085𝄞", EntityText.Value("tag", "k", "\0\r\n\u0085𝄞"));
        Assert.Equal("", EntityText.Value("tag", "k", ""));
        var refused = Assert.Throws<ArgumentException>("value", () => EntityText.Value("tag", "k", new string('v', EntityText.MaxValueLength + 1)));
        Assert.Contains("'k' has 65537 characters; at most 65536", refused.Message, StringComparison.Ordinal);
    }

    private static bool IsValid(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]))
                return false;
        }

        return true;
    }
}
