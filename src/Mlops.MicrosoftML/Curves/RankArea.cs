namespace Mlops.MicrosoftML;

/// <summary>The area under the receiver operating characteristic, without the curve.</summary>
internal static class RankArea
{
    /// <summary>The probability that a positive scores above a negative, ties counting half.</summary>
    /// <exception cref="ArgumentException">A score is NaN, or the labels are all the same.</exception>
    public static double Of(ReadOnlySpan<float> scores, ReadOnlySpan<bool> positive)
    {
        // numbers sort several times faster than pairs: the bits of a score in its order, and below them the label
        var keys = new long[scores.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            if (float.IsNaN(scores[i]))
                throw new ArgumentException("A score is NaN and has no place in the order.", nameof(scores));
            var bits = BitConverter.SingleToInt32Bits(scores[i] + 0f); // no negative zero
            keys[i] = ((long)(bits ^ ((bits >> 31) & int.MaxValue)) << 1) | (positive[i] ? 1L : 0);
        }

        Array.Sort(keys);
        double area = 0;
        long positives = 0, negatives = 0;
        for (int i = 0, next; i < keys.Length; i = next)
        {
            long tied = 0;
            for (next = i; next < keys.Length && keys[next] >> 1 == keys[i] >> 1; next++)
                tied += keys[next] & 1;
            var tiedNegatives = next - i - tied;
            area += tied * (negatives + (tiedNegatives / 2.0));
            positives += tied;
            negatives += tiedNegatives;
        }

        return positives > 0 && negatives > 0
            ? area / ((double)positives * negatives)
            : throw new ArgumentException("All labels are the same; the area needs both classes.", nameof(positive));
    }
}
