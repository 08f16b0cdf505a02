using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>
/// Makes UUID version 7 ids (RFC 9562): 48 bits of milliseconds, then a 74-bit value that starts at random in each millisecond
/// and grows by a random step inside it. Ids of one generator therefore strictly increase, also when the clock goes back.
/// Thread-safe.
/// </summary>
public sealed class IdGenerator
{
    private static readonly UInt128 TailMask = (UInt128.One << 74) - 1;
    private readonly TimeProvider _time;
    private readonly Random? _random;
    private readonly Lock _gate = new();
    private long _milliseconds;
    private UInt128 _tail;

    /// <summary>Creates a generator.</summary>
    /// <param name="time">The clock; the system's when null.</param>
    /// <param name="random">A seeded source for reproducible ids; the operating system's generator when null.</param>
    public IdGenerator(TimeProvider? time = null, Random? random = null)
    {
        _time = time ?? TimeProvider.System;
        _random = random;
    }

    /// <summary>The next id, larger than every earlier one of this generator.</summary>
    public RecordId Next()
    {
        Span<byte> noise = stackalloc byte[16];
        if (_random is null)
            RandomNumberGenerator.Fill(noise);
        else
            lock (_random)
                _random.NextBytes(noise);
        var random = RecordId.Read(noise).Value;
        lock (_gate)
        {
            var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
            if (now > _milliseconds)
            {
                _milliseconds = now;
                _tail = random & (TailMask >> 1);
            }
            else
            {
                _tail += 1 + (random & 0xFFFF_FFFF);
                if (_tail > TailMask)
                {
                    _milliseconds++;
                    _tail = random & (TailMask >> 1);
                }
            }

            // layout, high to low: 48 time, 4 version, 12 + 62 tail with the 2 variant bits between them
            var high = (_tail >> 62) & 0xFFF;
            var low = _tail & ((UInt128.One << 62) - 1);
            return new RecordId(((UInt128)(ulong)_milliseconds << 80) | ((UInt128)7 << 76) | (high << 64) | ((UInt128)2 << 62) | low);
        }
    }
}
