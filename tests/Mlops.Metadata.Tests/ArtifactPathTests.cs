using System.Text;
using CsCheck;

namespace Mlops.Metadata.Tests;

public sealed class ArtifactPathTests
{
    /// <summary>Paths made of what attackers and accidents put into them.</summary>
    private static readonly Gen<string> Hostile = Gen.Select(
        Pick(
            "..", ".", "", "/", "\\", "a", "b c", "C:", "c:", "~", "%2e%2e", "%2F", "\u2024\u2024", "\uFF0E\uFF0E", "\uFF0F", "con", "nul.txt",
            "e\u0301", "\0", "\n", "..\\", "...", ". .", " ..", "a:b", "//", "$HOME", "*", "\uD834").Array[1, 8],
        Pick("/", "", "//", "\\"),
        (parts, divider) => string.Join(divider, parts));

    [Fact]
    public void Parse_anyPath_neverEscapesARootAndIsNormal() => Gen.OneOf(Hostile, Gen.String).Sample(
        text =>
        {
            ArtifactPath path;
            try
            {
                path = ArtifactPath.Parse(text);
            }
            catch (ArgumentException)
            {
                return true;
            }

            var root = Path.GetFullPath(Path.Combine(Path.GetTempPath(), "root"));
            var combined = Path.GetFullPath(Path.Combine(root, path.Value));
            return combined.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
                && path.Value.Length is >= 1 and <= ArtifactPath.MaxLength
                && path.Value.IsNormalized(NormalizationForm.FormC)
                && !path.Value.Any(c => char.IsControl(c) || c == '\\')
                && path.Value.Split('/').All(s => s is not ("" or "." or ".."))
                && ArtifactPath.Parse(path.Value) == path;
        },
        iter: 20_000);

    [Theory]
    [InlineData("model.zip", "model.zip")]
    [InlineData("a/b/c", "a/b/c")]
    [InlineData("./a/./b", "a/b")]
    [InlineData("%2e%2e/%2Fx", "%2e%2e/%2Fx")]
    [InlineData("...", "...")]
    [InlineData(" a / b ", " a / b ")]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("ab:c", "ab:c")]
    [InlineData("~/.ssh", "~/.ssh")]
    public void Parse_allowed_isNormalised(string text, string value) => Assert.Equal(value, ArtifactPath.Parse(text).Value);

    [Theory]
    [InlineData("", "1 to 500")]
    [InlineData(".", "1 to 500")]
    [InlineData("./.", "1 to 500")]
    [InlineData("..", "'..' segment")]
    [InlineData("../x", "'..' segment")]
    [InlineData("a/../../b", "'..' segment")]
    [InlineData("a/..", "'..' segment")]
    [InlineData("/x", "is absolute")]
    [InlineData("/", "is absolute")]
    [InlineData("C:\\x", "backslash")]
    [InlineData("C:/x", "begins with a drive")]
    [InlineData("z:", "begins with a drive")]
    [InlineData("./C:/x", "begins with a drive")]
    [InlineData(".//x", "empty segment")]
    [InlineData("\\\\server\\share", "backslash")]
    [InlineData("a\\..\\b", "backslash")]
    [InlineData("a//b", "empty segment")]
    [InlineData("a/", "empty segment")]
    [InlineData("a/./", "empty segment")]
    [InlineData("a\nb", "control character")]
    [InlineData("a\u007Fb", "control character")]
    public void Parse_refused_saysWhy(string text, string why)
    {
        var refused = Assert.Throws<ArgumentException>("path", () => ArtifactPath.Parse(text));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void Parse_lengthAtTheLimit_isTakenAndBeyondRefused()
    {
        Assert.Equal(500, ArtifactPath.Parse(new string('a', 500)).Value.Length);
        Assert.Throws<ArgumentException>("path", () => ArtifactPath.Parse(new string('a', 501)));
        Assert.Throws<ArgumentNullException>("path", () => ArtifactPath.Parse(null!));
        Assert.Throws<ArgumentException>("path", () => ArtifactPath.Parse("a\uD834"));
    }

    [Fact]
    public void Value_default_saysHowToMakeOne()
    {
        Assert.Equal("", default(ArtifactPath).ToString());
        Assert.Contains("ArtifactPath.Parse", Assert.Throws<InvalidOperationException>(() => default(ArtifactPath).Value).Message, StringComparison.Ordinal);
    }

    private static Gen<string> Pick(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);
}
