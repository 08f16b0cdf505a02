namespace Mlops.Storage;

/// <summary>Divides a range of steps, up to all 2^64 of them, into buckets of equal width.</summary>
internal readonly struct BucketGrid
{
    private readonly ulong _scale;
    private readonly bool _oneStepEach;

    public BucketGrid(long firstStep, long lastStep, int buckets)
    {
        FirstStep = firstStep;
        LastStep = lastStep;
        var steps = (UInt128)(ulong)(lastStep - firstStep) + 1;
        _oneStepEach = steps <= (UInt128)buckets;
        Count = _oneStepEach ? (int)steps : buckets;

        // bucket = offset * buckets / steps, as a multiplication by a fixed-point fraction that is rounded up, so that an
        // offset on an edge does not fall short of it
        if (!_oneStepEach)
            _scale = (ulong)((((UInt128)buckets << 64) + steps - 1) / steps);
    }

    public long FirstStep { get; }

    public long LastStep { get; }

    public int Count { get; }

    public bool Contains(long step) => step >= FirstStep && step <= LastStep;

    /// <summary>The bucket of a step inside the range; never falls as the step grows.</summary>
    public int IndexOf(long step)
    {
        var offset = (ulong)(step - FirstStep);
        return _oneStepEach ? (int)offset : Math.Min((int)Math.BigMul(offset, _scale, out _), Count - 1);
    }
}
