namespace Mlops.Storage.Tests.Content;

public sealed class PackBuilderTests
{
    [Theory]
    [InlineData(20)]
    [InlineData(1000)]
    [InlineData(100_000)]
    [InlineData(1024 * 1024)]
    public void HasRoomFor_untilThereIsNone_keepsThePackWithinItsSize(int size)
    {
        using var builder = new PackBuilder(0);
        var bytes = new byte[size];
        while (builder.HasRoomFor(size))
            builder.Add(PackEntryKind.Manifest, Digest.Of(bytes), bytes, compressed: null, contentBytes: Manifest.MostBytes);
        Assert.InRange(builder.Finish().Bytes.Count, (8 << 20) * 3 / 4, 8 << 20);
    }

    [Fact]
    public void HasRoomFor_aFirstEntryThatIsLonger_isTrue()
    {
        using var builder = new PackBuilder(0);
        Assert.True(builder.HasRoomFor(100_000_000));
        builder.Add(PackEntryKind.Content, Digest.Of([]), [], compressed: null);
        Assert.False(builder.HasRoomFor(100_000_000));
    }
}
