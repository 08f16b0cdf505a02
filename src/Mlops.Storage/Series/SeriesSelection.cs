namespace Mlops.Storage;

/// <summary>Picks the points whose steps lie in a range.</summary>
internal static class SeriesSelection
{
    public static SeriesColumns Select(SeriesColumns points, SeriesRange range)
    {
        var steps = points.Steps.Span;
        var kept = new List<int>(steps.Length);
        for (var i = 0; i < steps.Length; i++)
        {
            if (steps[i] >= range.FirstStep && steps[i] <= range.LastStep)
                kept.Add(i);
        }

        // steps mostly ascend, so what is kept is mostly one piece
        if (kept.Count == 0)
            return points.Slice(0, 0);
        if (kept[^1] - kept[0] == kept.Count - 1)
            return points.Slice(kept[0], kept.Count);
        var newSteps = Pick(points.Steps);
        var newTimes = Pick(points.Times);
        return points.Type switch
        {
            SeriesType.Number => SeriesColumns.OfNumbers(newSteps, newTimes, Pick(points.Numbers)),
            SeriesType.Text => SeriesColumns.OfTexts(newSteps, newTimes, Pick(points.Texts)),
            _ => SeriesColumns.OfDigests(newSteps, newTimes, Pick(points.Digests)),
        };

        T[] Pick<T>(ReadOnlyMemory<T> column)
        {
            var picked = new T[kept.Count];
            for (var i = 0; i < picked.Length; i++)
                picked[i] = column.Span[kept[i]];
            return picked;
        }
    }
}
