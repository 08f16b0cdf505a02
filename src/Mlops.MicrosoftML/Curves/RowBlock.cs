using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.Data;

namespace Mlops.MicrosoftML;

/// <summary>Some rows, column by column, as far as trees compare them; and the room to work in. One thread uses it at a time.</summary>
internal sealed class RowBlock(int columns, int splits, int depth)
{
    /// <summary>Most rows of a block: so many that a comparison of all is a few instructions, so few that they stay in the cache.</summary>
    public const int Rows = 1_024;

    private const int Words = Rows / 64;
    private readonly float[] _values = new float[columns * Rows];
    private readonly ulong[] _truths = new ulong[splits * Words];
    private readonly ulong[] _stack = new ulong[depth * Words];
    private readonly double[] _sums = new double[Rows];

    /// <summary>How much memory one of these sizes takes.</summary>
    public static long SizeBytes(int columns, int splits, int depth) =>
        (Rows * ((sizeof(float) * (long)columns) + sizeof(double))) + (Words * sizeof(ulong) * ((long)splits + depth));

    /// <summary>How many rows it holds.</summary>
    public int Count { get; private set; }

    /// <summary>The sums of the trees so far.</summary>
    public ReadOnlySpan<double> Sums => _sums.AsSpan(0, Count);

    public void Clear()
    {
        Array.Clear(_values);
        Count = 0;
    }

    /// <summary>Sets the sums back to zero, for the trees of another ensemble.</summary>
    public void ClearSums() => Array.Clear(_sums);

    /// <summary>Adds a row.</summary>
    /// <param name="features">Its features.</param>
    /// <param name="columnOf">The column of each feature, negative where no tree asks for it.</param>
    public void Add(in VBuffer<float> features, int[] columnOf)
    {
        var values = features.GetValues();
        var indices = features.GetIndices();
        for (var i = 0; i < values.Length; i++)
        {
            var feature = features.IsDense ? i : indices[i];
            if (feature < columnOf.Length && columnOf[feature] is >= 0 and var column)
                _values[(column * Rows) + Count] = values[i];
        }

        Count++;
    }

    /// <summary>Compares a column with a threshold: a bit of the split is set where the value is not above it, and where it is NaN if that is left.</summary>
    public void Compare(int split, int column, float threshold, bool isMissingLeft)
    {
        var values = _values.AsSpan(column * Rows, Rows);
        var limit = Vector256.Create(threshold);
        foreach (ref var truth in _truths.AsSpan(split * Words, Words))
        {
            truth = 0;
            for (var i = 0; i < 64; i += Vector256<float>.Count)
            {
                // no comparison holds for NaN
                var eight = Vector256.Create<float>(values[i..]);
                var isLeft = isMissingLeft ? ~Vector256.GreaterThan(eight, limit) : Vector256.LessThanOrEqual(eight, limit);
                truth |= (ulong)isLeft.ExtractMostSignificantBits() << i;
            }

            values = values[64..];
        }
    }

    /// <summary>
    /// Adds a tree to the sums. Its nodes stand in the order in which they are visited, left before right; one that is negative is the
    /// complement of a leaf.
    /// </summary>
    public void Add(int[] nodes, double[] leaves)
    {
        // the rows that reach a node stand on a stack: a node takes the top one apart, and a leaf consumes it
        var top = _stack.AsSpan(0, Words);
        top.Clear();
        for (var row = 0; row < Count; row += 64)
            top[row / 64] = Count - row >= 64 ? ulong.MaxValue : (1UL << (Count - row)) - 1;
        var at = 0;
        foreach (var node in nodes)
        {
            if (node < 0)
                AddLeaf(_stack.AsSpan(at-- * Words, Words), leaves[~node]);
            else
                Split(_stack.AsSpan(at++ * Words, 2 * Words), _truths.AsSpan(node * Words, Words));
        }
    }

    private static void Split(Span<ulong> stack, Span<ulong> truth)
    {
        var right = MemoryMarshal.Cast<ulong, Vector<ulong>>(stack[..Words]);
        var left = MemoryMarshal.Cast<ulong, Vector<ulong>>(stack[Words..]);
        var truths = MemoryMarshal.Cast<ulong, Vector<ulong>>(truth);
        for (var i = 0; i < truths.Length; i++)
        {
            left[i] = right[i] & truths[i];
            right[i] = Vector.AndNot(right[i], truths[i]);
        }
    }

    private void AddLeaf(Span<ulong> rows, double value)
    {
        for (var word = 0; word < rows.Length; word++)
        {
            for (var left = rows[word]; left != 0; left &= left - 1)
                _sums[(word * 64) + BitOperations.TrailingZeroCount(left)] += value;
        }
    }
}
