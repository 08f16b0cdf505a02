namespace Mlops.Storage;

/// <summary>Puts points behind points of the same type.</summary>
internal static class SeriesJoin
{
    public static SeriesColumns Of(SeriesColumns before, SeriesColumns after)
    {
        var steps = Join(before.Steps, after.Steps);
        var times = Join(before.Times, after.Times);
        return before.Type switch
        {
            SeriesType.Number => SeriesColumns.OfNumbers(steps, times, Join(before.Numbers, after.Numbers)),
            SeriesType.Text => SeriesColumns.OfTexts(steps, times, Join(before.Texts, after.Texts)),
            _ => SeriesColumns.OfDigests(steps, times, Join(before.Digests, after.Digests)),
        };
    }

    private static ReadOnlyMemory<T> Join<T>(ReadOnlyMemory<T> before, ReadOnlyMemory<T> after)
    {
        if (after.IsEmpty)
            return before;
        var joined = new T[before.Length + after.Length];
        before.CopyTo(joined);
        after.CopyTo(joined.AsMemory(before.Length));
        return joined;
    }
}
