using CsCheck;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Journal;

public sealed class SegmentHeaderTests
{
    private static readonly SegmentHeader Sample = new(81_234_567_890, 262_016, 80_972_551, new RecordId(UInt128.MaxValue / 7), 1_700_000_000_000_000);

    [Fact]
    public void Read_written_givesItBack() => Gen.Select(Gen.Long, Gen.Int, Gen.Long, Gen.ULong, Gen.Long).Sample((@base, slots, previous, writer, time) =>
    {
        var header = new SegmentHeader(@base, slots, previous, new RecordId(writer), time);
        var page = new byte[SegmentHeader.PageBytes];
        header.Write(page);
        return SegmentHeader.Read(page) == header && !SegmentHeader.IsClear(page);
    });

    [Fact]
    public void Read_anySingleBitFlipped_stillGivesItBack()
    {
        var page = new byte[SegmentHeader.PageBytes];
        for (var bit = 0; bit < 128 * 8; bit++)
        {
            Sample.Write(page);
            page[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(SegmentHeader.Read(page) == Sample, $"bit {bit}");
        }
    }

    [Fact]
    public void Read_bothCopiesDamaged_isNullAndNotTakenForClear()
    {
        var random = new Random(7);
        var page = new byte[SegmentHeader.PageBytes];
        for (var round = 0; round < 1000; round++)
        {
            Sample.Write(page);
            page[random.Next(56)] ^= (byte)(1 << random.Next(8));
            page[64 + random.Next(56)] ^= (byte)(1 << random.Next(8));
            Assert.Null(SegmentHeader.Read(page));
            Assert.False(SegmentHeader.IsClear(page));
        }
    }

    [Fact]
    public void Clear_written_holdsNothing()
    {
        var page = new byte[SegmentHeader.PageBytes];
        Sample.Write(page);
        SegmentHeader.Clear(page);
        Assert.Null(SegmentHeader.Read(page));
        Assert.True(SegmentHeader.IsClear(page));
    }

    [Fact]
    public void IsClear_writerDiedBeforeTheChecksum_isTrueBecauseNothingWasLoggedYet()
    {
        // the header is written before the segment is published, its checksum last
        var page = new byte[SegmentHeader.PageBytes];
        Sample.Write(page);
        page.AsSpan(4, 4).Clear();
        page.AsSpan(64, 64).Clear();
        Assert.Null(SegmentHeader.Read(page));
        Assert.True(SegmentHeader.IsClear(page));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    public void Read_fileShorterThanACopy_isNull(int length) => Assert.Null(SegmentHeader.Read(new byte[length]));
}
