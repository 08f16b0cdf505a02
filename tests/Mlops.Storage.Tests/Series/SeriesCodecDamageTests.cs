using System.Buffers.Binary;
using CsCheck;

namespace Mlops.Storage.Tests.Series;

public sealed class SeriesCodecDamageTests
{
    public static TheoryData<int> Kinds => [0, 1, 2, 3];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Decode_anyBitFlipped_throwsIntegrityException(int kind)
    {
        var data = Chunk(kind);
        for (var bit = 0; bit < data.Length * 8; bit++)
        {
            data[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<IntegrityException>(() => SeriesCodec.Decode(data));
            data[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Decode_truncatedAnywhere_throwsIntegrityException(int kind)
    {
        var data = Chunk(kind);
        for (var length = 0; length < data.Length; length++)
            Assert.Throws<IntegrityException>(() => SeriesCodec.Decode(data.AsSpan(0, length)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Decode_changedUnderAValidChecksum_readsOrThrowsIntegrityException(int kind) =>
        Gen.Int.Sample(seed => Mutate(Chunk(kind), seed, bytes => SeriesCodec.Decode(bytes)), iter: 3000);

    [Fact]
    public void Add_statisticsChangedUnderAValidChecksum_readsOrThrowsIntegrityException()
    {
        var even = SeriesCodec.Encode(Points.Build(300, 0, 3, 3, 1));
        var uneven = SeriesCodec.Encode(Points.Build(300, 5, 3, 4, 1));
        Gen.Int.Sample(
            seed =>
            {
                foreach (var chunk in new[] { even, uneven })
                {
                    Mutate(chunk.Statistics.ToArray(), seed, bytes =>
                    {
                        var sampler = new SeriesDownsampler(chunk.Summary, SeriesRange.All, 10);
                        sampler.Add(bytes, () => chunk.Data);
                        sampler.ToBuckets();
                    });
                }
            },
            iter: 3000);
    }

    [Fact]
    public void Add_anyBitOfStatisticsFlipped_throwsIntegrityException()
    {
        var chunk = SeriesCodec.Encode(Points.Build(300, 3, 3, 3, 1));
        var bytes = chunk.Statistics.ToArray();
        var sampler = new SeriesDownsampler(chunk.Summary, SeriesRange.All, 10);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<IntegrityException>(() => sampler.Add(bytes, () => chunk.Data));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    private static byte[] Chunk(int kind)
    {
        var numbers = Points.Build(200, steps: 3, times: kind, values: kind, seed: 5);
        return SeriesCodec.Encode(kind switch
        {
            0 => SeriesColumns.OfTexts(numbers.Steps, numbers.Times, Enumerable.Range(0, 200).Select(i => $"line {i} ü").ToArray()),
            1 => SeriesColumns.OfDigests(numbers.Steps, numbers.Times, new Digest[200]),
            _ => numbers,
        }).Data.ToArray();
    }

    private static void Mutate(byte[] bytes, int seed, Action<byte[]> read)
    {
        var random = new Random(seed);
        if (random.Next(4) == 0)
            bytes = bytes[..random.Next(4, bytes.Length)];
        for (var i = random.Next(1, 6); i > 0; i--)
            bytes[random.Next(random.Next(2) == 0 ? Math.Min(32, bytes.Length) : bytes.Length)] = (byte)random.Next(256);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4), Crc32C(bytes.AsSpan(0, bytes.Length - 4)));
        try
        {
            read(bytes);
        }
        catch (IntegrityException)
        {
            // the only error allowed
        }
    }

    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        // bit by bit from the polynomial, so that the checksum is checked against its definition too
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        return ~crc;
    }
}
