using System.Buffers.Binary;

namespace Mlops.Storage;

/// <summary>Reads the blocks of a statistics blob in order (see <see cref="StatisticsCodec"/>).</summary>
internal ref struct StatisticsReader
{
    private readonly byte _flags;
    private readonly long _first;
    private readonly long _delta;
    private ReadOnlySpan<byte> _rest;
    private int _start;

    /// <exception cref="IntegrityException">The blob is damaged.</exception>
    public StatisticsReader(ReadOnlySpan<byte> blob)
    {
        _rest = Checksum.Open(blob, "Statistics of a series chunk");
        if (_rest.Length < StatisticsCodec.HeaderBytes)
            throw Damaged();
        if (_rest[0] != StatisticsCodec.Version)
            throw new IntegrityException($"Statistics of a series chunk have unknown version {_rest[0]}; upgrade the packages.");
        _flags = _rest[1];
        Count = BinaryPrimitives.ReadUInt16LittleEndian(_rest[2..]);
        _rest = _rest[StatisticsCodec.HeaderBytes..];
        if (Count is 0 or > SeriesCodec.ChunkPoints || _flags > 7)
            throw Damaged();
        if ((_flags & StatisticsCodec.EvenSteps) == 0)
            return;
        if (_rest.Length < 16)
            throw Damaged();
        _first = BinaryPrimitives.ReadInt64LittleEndian(_rest);
        _delta = BinaryPrimitives.ReadInt64LittleEndian(_rest[8..]);
        _rest = _rest[16..];
        if (!StatisticsCodec.IsWithoutOverflow(_first, _delta, Count))
            throw Damaged();
    }

    /// <summary>Number of points in the chunk.</summary>
    public int Count { get; }

    /// <summary>Reads the next block; false at the end.</summary>
    /// <exception cref="IntegrityException">The blob is damaged.</exception>
    public bool TryRead(out StatisticsBlock block)
    {
        block = default;
        if (_start == Count)
            return _rest.IsEmpty ? false : throw Damaged();
        var count = Math.Min(SeriesCodec.BlockPoints, Count - _start);
        var nans = 0;
        var at = 0;
        if ((_flags & StatisticsCodec.NanCounts) != 0)
        {
            if (_rest.IsEmpty)
                throw Damaged();
            nans = _rest[0];
            at = 1;
        }

        var single = (_flags & StatisticsCodec.SingleExtremes) != 0;
        var size = at + (single ? 16 : 24) + ((_flags & StatisticsCodec.EvenSteps) != 0 ? 2 : 8);
        if (_rest.Length < size || nans > count)
            throw Damaged();
        var min = single ? BinaryPrimitives.ReadSingleLittleEndian(_rest[at..]) : BinaryPrimitives.ReadDoubleLittleEndian(_rest[at..]);
        at += single ? 4 : 8;
        var max = single ? BinaryPrimitives.ReadSingleLittleEndian(_rest[at..]) : BinaryPrimitives.ReadDoubleLittleEndian(_rest[at..]);
        at += single ? 4 : 8;
        var sum = BinaryPrimitives.ReadDoubleLittleEndian(_rest[at..]);
        at += 8;
        if ((_flags & StatisticsCodec.EvenSteps) != 0)
        {
            int minAt = _rest[at], maxAt = _rest[at + 1];
            if (minAt >= count || maxAt >= count)
                throw Damaged();
            var first = StepAt(_start);
            var last = StepAt(_start + count - 1);
            block = new StatisticsBlock(
                Math.Min(first, last), Math.Max(first, last), count, nans,
                min, StepAt(_start + minAt), max, StepAt(_start + maxAt), sum);
            _rest = _rest[size..];
        }
        else
        {
            var lowest = BinaryPrimitives.ReadInt64LittleEndian(_rest[at..]);
            _rest = _rest[size..];
            if (!Varint.TryRead(ref _rest, out var highest)
                || !Varint.TryRead(ref _rest, out var minStep)
                || !Varint.TryRead(ref _rest, out var maxStep)
                || highest > (ulong)(long.MaxValue - lowest) || minStep > highest || maxStep > highest)
            {
                throw Damaged();
            }

            block = new StatisticsBlock(
                lowest, lowest + (long)highest, count, nans, min, lowest + (long)minStep, max, lowest + (long)maxStep, sum);
        }

        _start += count;
        return true;
    }

    private readonly long StepAt(int place) => _first + (place * _delta);

    private static IntegrityException Damaged() =>
        new("Statistics of a series chunk are damaged; restore the store from a copy.");
}
