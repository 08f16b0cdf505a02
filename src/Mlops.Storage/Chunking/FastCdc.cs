namespace Mlops.Storage;

/// <summary>
/// Cuts content where its own bytes say so, so that an insertion moves the cuts behind it along with the bytes: FastCDC in the
/// form of 2020 (Xia et al., "The Design of Fast Content-Defined Chunking for Data Deduplication Based Storage Systems").
/// </summary>
internal readonly struct FastCdc(ChunkProfile profile)
{
    private readonly ulong _before = Mask(int.Log2(profile.Average) + 1);
    private readonly ulong _behind = Mask(int.Log2(profile.Average) - 1);

    /// <summary>
    /// The size of the first chunk of the bytes. They hold at least <see cref="ChunkProfile.Most"/> bytes, or all that are left.
    /// </summary>
    public int Cut(ReadOnlySpan<byte> bytes)
    {
        var end = Math.Min(bytes.Length, profile.Most);
        var middle = Math.Min(end, profile.Average);
        var gear = Gear.Table;
        var hash = 0UL;
        var at = profile.Least;
        for (; at < middle; at++)
        {
            hash = (hash << 1) + gear[bytes[at]];
            if ((hash & _before) == 0)
                return at;
        }

        for (; at < end; at++)
        {
            hash = (hash << 1) + gear[bytes[at]];
            if ((hash & _behind) == 0)
                return at;
        }

        return end;
    }

    // the bits are spread, so that each depends on as many bytes as it can
    private static ulong Mask(int bits) => bits switch
    {
        13 => 0x0000_d903_0353_0000,
        14 => 0x0000_d903_1353_0000,
        15 => 0x0000_d90f_0353_0000,
        16 => 0x0000_d903_0353_7000,
        17 => 0x0000_d907_0353_7000,
        18 => 0x0000_d907_0753_7000,
        _ => throw new ArgumentOutOfRangeException(nameof(bits), bits, "There is no mask of so many bits."),
    };
}
