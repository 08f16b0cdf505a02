using CsCheck;

namespace Mlops.Tracking.Tests.Journal;

public sealed unsafe class SlotTests
{
    private static readonly Gen<(long Sequence, uint Key, long First, long Second, long Third)> Slots =
        Gen.Select(Gen.Long[0, long.MaxValue / 2], Gen.UInt, Gen.Long, Gen.Long, Gen.Long);

    [Fact]
    public void Checks_writtenForThisSequence_isTrueAndKeepsEveryBit() => Slots.Sample(s =>
    {
        var memory = stackalloc byte[Slot.SizeBytes];
        Slot.Write(memory, s.Sequence, s.Key, s.First, s.Second, s.Third);
        return Slot.Checks(memory, s.Sequence)
            && (*(uint*)memory, *(long*)(memory + 8), *(long*)(memory + 16), *(long*)(memory + 24)) == (s.Key, s.First, s.Second, s.Third);
    });

    [Fact]
    public void Checks_anotherSequence_isFalse() => Gen.Select(Slots, Gen.Long[1, uint.MaxValue]).Sample((s, later) =>
    {
        var memory = stackalloc byte[Slot.SizeBytes];
        Slot.Write(memory, s.Sequence, s.Key, s.First, s.Second, s.Third);

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
            Slot.Write(memory, 123_456_789_012, 7, 42, 1_700_000_000_000_000, BitConverter.DoubleToInt64Bits(0.25));
            memory[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Slot.Checks(memory, 123_456_789_012), $"bit {bit}");
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(16, 1)]
    [InlineData(17, 2)]
    [InlineData(40, 2)]
    [InlineData(41, 3)]
    [InlineData(Mlops.Tracking.Journal.MaxPayloadBytes, 21_846)]
    public void CountFor_payload_isHeadOf16AndBodiesOf24(int payload, int slots) => Assert.Equal(slots, Slot.CountFor(payload));
}
