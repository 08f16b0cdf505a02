using System.Security.Cryptography;

namespace Mlops.Storage.Tests.Content;

public sealed class DigestTests
{
    // FIPS 180-4, example "abc"
    private const string OfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    [Fact]
    public void Of_publishedExample_isItsDigest()
    {
        Assert.Equal(OfAbc, Digest.Of("abc"u8).ToString());
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("ab"u8);
        hash.AppendData("c"u8);
        Assert.Equal(Digest.Parse(OfAbc), Digest.Of(hash));
    }

    [Fact]
    public void Write_read_givesTheRawBytes()
    {
        var bytes = new byte[Digest.SizeBytes];
        Digest.Parse(OfAbc.ToUpperInvariant()).Write(bytes);
        Assert.Equal(OfAbc, Convert.ToHexStringLower(bytes));
        Assert.Equal(Digest.Parse(OfAbc), Digest.Read(bytes));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a")]
    [InlineData("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015adx")]
    [InlineData("ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("sha256:16bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(" a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    public void Parse_otherText_throwsFormatException(string text) => Assert.Throws<FormatException>(() => Digest.Parse(text));

    [Fact]
    public void Compare_digests_ordersAsTheirText()
    {
        Digest[] digests = [default, new(0, UInt128.MaxValue), new(1, 0), new(UInt128.MaxValue, 1)];
        Assert.Equal(digests, digests.Reverse().Order());
        Assert.Equal(digests.Select(d => d.ToString()), digests.Select(d => d.ToString()).Order(StringComparer.Ordinal));
        Assert.True(digests[0].IsEmpty && !digests[1].IsEmpty && digests[0] < digests[1] && digests[2] > digests[1]);
    }
}
