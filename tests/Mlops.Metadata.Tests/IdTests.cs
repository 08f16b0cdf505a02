using System.Globalization;
using CsCheck;
using Mlops.Storage;

namespace Mlops.Metadata.Tests;

public sealed class IdTests
{
    private static readonly Gen<RecordId> Ids = Gen.Select(Gen.ULong, Gen.ULong[1, ulong.MaxValue], (h, l) => new RecordId(new UInt128(h, l)));

    [Fact]
    public void Parse_text_givesTheIdBack() => Ids.Sample(id =>
        RoundTrips(new RunId(id)) && RoundTrips(new ExperimentId(id)) && RoundTrips(new ArtifactId(id)));

    [Theory]
    [InlineData("")]
    [InlineData("1234")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("0123456789abcdef0123456789abcdeg")]
    [InlineData("0123456789abcdef0123456789abcdef0")]
    [InlineData("01234567-89ab-cdef-0123-456789abcdef")]
    [InlineData(" 123456789abcdef0123456789abcdef")]
    public void TryParse_anotherForm_isFalseAndParseNamesTheForm(string text)
    {
        Assert.False(RunId.TryParse(text, null, out var run));
        Assert.Equal(default, run);
        Assert.False(ExperimentId.TryParse(text, null, out _));
        Assert.False(ArtifactId.TryParse(text, null, out _));
        var refused = Assert.Throws<FormatException>(() => RunId.Parse(text, CultureInfo.InvariantCulture));
        Assert.Contains("32 hexadecimal digits", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryParse_null_isFalse() => Assert.False(RunId.TryParse(null, null, out _));

    [Fact]
    public void Parse_upperCaseVersion4_isTakenAndPrintedInLowerCase() =>
        Assert.Equal("6f9619ff8b86d011b42d00cf4fc964ff", RunId.Parse("6F9619FF8B86D011B42D00CF4FC964FF", CultureInfo.InvariantCulture).ToString());

    private static bool RoundTrips<T>(T id)
        where T : struct, IParsable<T>, IEquatable<T> =>
        T.Parse(id.ToString()!, null).Equals(id) && T.TryParse(id.ToString()!.ToUpperInvariant(), null, out var again) && again.Equals(id)
        && id.ToString()!.Length == 32;
}
