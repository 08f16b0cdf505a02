using CsCheck;

namespace Mlops.Tracking.Tests.Journal;

public sealed unsafe class SlotTests
{
    private static readonly Gen<(long Sequence, uint Key, long First, long Second)> Slots =
        Gen.Select(Gen.Long[0, long.MaxValue / 2], Gen.UInt, Gen.Long, Gen.Long);

    [Fact]
    public void Checks_writtenForThisSequence_isTrueAndKeepsEveryBit() => Slots.Sample(s =>
    {
        var memory = stackalloc byte[Slot.SizeBytes];
        Slot.Write(memory, s.Sequence, s.Key, s.First, s.Second);
        return Slot.Checks(memory, s.Sequence)
            && (*(uint*)memory, *(long*)(memory + 8), *(long*)(memory + 16)) == (s.Key, s.First, s.Second);
    });

    [Fact]
    public void Checks_anotherSequence_isFalse() => Gen.Select(Slots, Gen.Long[1, uint.MaxValue]).Sample((s, later) =>
    {
        var memory = stackalloc byte[Slot.SizeBytes];
        Slot.Write(memory, s.Sequence, s.Key, s.First, s.Second);

        // one word stands for "checksum zero" and "checksum one", so two sequences in 2^32 may meet there; none here does
        return !Slot.Checks(memory, s.Sequence + later);
    });

    [Fact]
    public void Checks_emptySlot_isFalseForEverySequence() => Gen.Long[0, long.MaxValue].Sample(sequence =>
    {
        var memory = stackalloc byte[Slot.SizeBytes];
        new Span<byte>(memory, Slot.SizeBytes).Clear();
        return !Slot.Checks(memory, sequence);
    });

    [Fact]
    public void Checks_anySingleBitFlipped_isFalse()
    {
        var memory = stackalloc byte[Slot.SizeBytes];
        for (var bit = 0; bit < Slot.SizeBytes * 8; bit++)
        {
            Slot.Write(memory, 123_456_789_012, 7, 42, BitConverter.DoubleToInt64Bits(0.25));
            memory[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Slot.Checks(memory, 123_456_789_012), $"bit {bit}");
        }
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData((1L << 27) - 1, (1L << 35) - 1, true)]
    [InlineData(-(1L << 27), -(1L << 35), true)]
    [InlineData(1L << 27, 0, false)]
    [InlineData(-(1L << 27) - 1, 0, false)]
    [InlineData(0, 1L << 35, false)]
    [InlineData(0, -(1L << 35) - 1, false)]
    [InlineData(long.MaxValue, long.MinValue, false)]
    public void TryPack_stepAndTime_isTrueWhileBothAreNear(long step, long time, bool fits)
    {
        Assert.Equal(fits, Slot.TryPack(step, time, out var packed));
        Assert.Equal(fits, Slot.Unpack(packed) == (step, time));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(8, 1)]
    [InlineData(9, 2)]
    [InlineData(24, 2)]
    [InlineData(25, 3)]
    [InlineData(Mlops.Tracking.Journal.MaxPayloadBytes, 32_769)]
    public void CountFor_payload_isHeadOf8AndBodiesOf16(int payload, int slots) => Assert.Equal(slots, Slot.CountFor(payload));
}
