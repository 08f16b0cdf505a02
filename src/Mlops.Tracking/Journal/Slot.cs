using System.Numerics;
using System.Runtime.CompilerServices;

namespace Mlops.Tracking;

/// <summary>
/// The 24 bytes that a journal consists of, little-endian: key (4), commit word (4), then two numbers (8 each). A point has
/// its metric's number as key, then step and time packed, and the value. The head of a frame has <see cref="HeadKey"/>, then kind
/// (low 32 bits) and payload length (high 32 bits) and the first 8 bytes of the payload; its other slots have
/// <see cref="BodyKey"/> and 16 bytes each. The commit word is written last: a CRC-32C over key and numbers that begins with the
/// slot's sequence, so that what an earlier lap left in a recycled segment never checks.
/// </summary>
internal static unsafe class Slot
{
    public const int SizeBytes = 24;
    public const uint FirstFrameKey = 0xFFFF_0000;
    public const uint HeadKey = 0xFFFF_FFFE;
    public const uint BodyKey = 0xFFFF_FFFF;
    public const int HeadPayload = 8;
    public const int BodyPayload = 16;
    private const int TimeBits = 36;
    private const long TimeMask = (1L << TimeBits) - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(byte* slot, long sequence, uint key, long first, long second)
    {
        // one store for key and an empty commit word: who dies from here on leaves a hole, and not the word of an earlier lap over
        // half of this content, which would look like damage
        *(ulong*)slot = key;
        *(long*)(slot + 8) = first;
        *(long*)(slot + 16) = second;
        Volatile.Write(ref *(uint*)(slot + 4), Word(sequence, key, first, second));
    }

    /// <summary>True if this slot was committed for this sequence; only then may its content be used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Checks(byte* slot, long sequence) =>
        Volatile.Read(ref *(uint*)(slot + 4)) ==
        Word(sequence, *(uint*)slot, *(long*)(slot + 8), *(long*)(slot + 16));

    /// <summary>
    /// Packs a step (28 bits, ±134 million) and a time in microseconds since the segment began (36 bits, ±9.5 hours); false if one
    /// is beyond that.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPack(long step, long time, out long packed)
    {
        packed = (step << TimeBits) | (time & TimeMask);
        return Unpack(packed) == (step, time);
    }

    /// <summary>What was packed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (long Step, long Time) Unpack(long packed) => (packed >> TimeBits, (packed << (64 - TimeBits)) >> (64 - TimeBits));

    /// <summary>How many slots a frame of this payload takes.</summary>
    public static int CountFor(int payloadBytes) =>
        1 + ((Math.Max(0, payloadBytes - HeadPayload) + BodyPayload - 1) / BodyPayload);

    // For the same content two sequences give the same word only if their low 32 bits are equal, because a CRC is one-to-one in
    // its start; stale slots can therefore not pass. Zero means empty.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Word(long sequence, uint key, long first, long second)
    {
        var crc = BitOperations.Crc32C((uint)sequence, key);
        crc = BitOperations.Crc32C(crc, (ulong)first);
        crc = BitOperations.Crc32C(crc, (ulong)second);
        return crc == 0 ? 1 : crc;
    }
}
