using System.Numerics;
using System.Runtime.CompilerServices;

namespace Mlops.Tracking;

/// <summary>
/// The 32 bytes that a journal consists of, little-endian: key (4), commit word (4), then three numbers (8 each). A point has
/// its metric's number as key, then step, time and value. The head of a frame has <see cref="HeadKey"/>, then kind (low 32 bits)
/// and payload length (high 32 bits) and the first 16 bytes of the payload; its other slots have <see cref="BodyKey"/> and 24
/// bytes each. The commit word is written last: a CRC-32C over key and numbers that begins with the slot's sequence, so that
/// what an earlier lap left in a recycled segment never checks.
/// </summary>
internal static unsafe class Slot
{
    public const int SizeBytes = 32;
    public const uint FirstFrameKey = 0xFFFF_0000;
    public const uint HeadKey = 0xFFFF_FFFE;
    public const uint BodyKey = 0xFFFF_FFFF;
    public const int HeadPayload = 16;
    public const int BodyPayload = 24;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(byte* slot, long sequence, uint key, long first, long second, long third)
    {
        // one store for key and an empty commit word: who dies from here on leaves a hole, and not the word of an earlier lap over
        // half of this content, which would look like damage
        *(ulong*)slot = key;
        *(long*)(slot + 8) = first;
        *(long*)(slot + 16) = second;
        *(long*)(slot + 24) = third;
        Volatile.Write(ref *(uint*)(slot + 4), Word(sequence, key, first, second, third));
    }

    /// <summary>True if this slot was committed for this sequence; only then may its content be used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Checks(byte* slot, long sequence) =>
        Volatile.Read(ref *(uint*)(slot + 4)) ==
        Word(sequence, *(uint*)slot, *(long*)(slot + 8), *(long*)(slot + 16), *(long*)(slot + 24));

    /// <summary>How many slots a frame of this payload takes.</summary>
    public static int CountFor(int payloadBytes) =>
        1 + ((Math.Max(0, payloadBytes - HeadPayload) + BodyPayload - 1) / BodyPayload);

    // For the same content two sequences give the same word only if their low 32 bits are equal, because a CRC is one-to-one in
    // its start; stale slots can therefore not pass. Zero means empty.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Word(long sequence, uint key, long first, long second, long third)
    {
        var crc = BitOperations.Crc32C((uint)sequence, key);
        crc = BitOperations.Crc32C(crc, (ulong)first);
        crc = BitOperations.Crc32C(crc, (ulong)second);
        crc = BitOperations.Crc32C(crc, (ulong)third);
        return crc == 0 ? 1 : crc;
    }
}
