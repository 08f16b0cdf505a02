namespace Mlops.Storage;

/// <summary>
/// Points as columns of equal length: point <c>i</c> is <c>(Steps[i], Times[i], value i)</c>, in the order they were appended.
/// Exactly one of <see cref="Numbers"/>, <see cref="Texts"/> and <see cref="Digests"/> is filled, as <see cref="Type"/> says.
/// The columns are not copied; do not change them while they are in use.
/// </summary>
public sealed record SeriesColumns
{
    private SeriesColumns(SeriesType type, ReadOnlyMemory<long> steps, ReadOnlyMemory<long> times, int values)
    {
        if (steps.Length != times.Length || steps.Length != values)
            throw new ArgumentException($"Columns differ in length: {steps.Length} steps, {times.Length} times, {values} values.");
        Type = type;
        Steps = steps;
        Times = times;
    }

    /// <summary>What the values are.</summary>
    public SeriesType Type { get; }

    /// <summary>The step of each point, any 64-bit number.</summary>
    public ReadOnlyMemory<long> Steps { get; }

    /// <summary>The time of each point in microseconds since 1970 UTC.</summary>
    public ReadOnlyMemory<long> Times { get; }

    /// <summary>The values of a <see cref="SeriesType.Number"/> series.</summary>
    public ReadOnlyMemory<double> Numbers { get; private init; }

    /// <summary>The values of a <see cref="SeriesType.Text"/> series.</summary>
    public ReadOnlyMemory<string> Texts { get; private init; }

    /// <summary>The values of a <see cref="SeriesType.Digest"/> series.</summary>
    public ReadOnlyMemory<Digest> Digests { get; private init; }

    /// <summary>The number of points.</summary>
    public int Count => Steps.Length;

    /// <summary>Columns of numbers.</summary>
    /// <exception cref="ArgumentException">The columns differ in length.</exception>
    public static SeriesColumns OfNumbers(ReadOnlyMemory<long> steps, ReadOnlyMemory<long> times, ReadOnlyMemory<double> values) =>
        new(SeriesType.Number, steps, times, values.Length) { Numbers = values };

    /// <summary>Columns of texts.</summary>
    /// <exception cref="ArgumentException">The columns differ in length.</exception>
    public static SeriesColumns OfTexts(ReadOnlyMemory<long> steps, ReadOnlyMemory<long> times, ReadOnlyMemory<string> values) =>
        new(SeriesType.Text, steps, times, values.Length) { Texts = values };

    /// <summary>Columns of digests.</summary>
    /// <exception cref="ArgumentException">The columns differ in length.</exception>
    public static SeriesColumns OfDigests(ReadOnlyMemory<long> steps, ReadOnlyMemory<long> times, ReadOnlyMemory<Digest> values) =>
        new(SeriesType.Digest, steps, times, values.Length) { Digests = values };

    /// <summary>All points of the pieces, one piece behind the other. A single piece is returned as it is.</summary>
    /// <exception cref="ArgumentException">There is no piece, or they differ in type.</exception>
    public static SeriesColumns Concat(IReadOnlyList<SeriesColumns> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        if (pieces.Count == 0)
            throw new ArgumentException("There is no piece to join.", nameof(pieces));
        var type = pieces[0].Type;
        var count = 0;
        foreach (var piece in pieces)
            count += piece.Type == type ? piece.Count : throw new ArgumentException("The pieces differ in type.", nameof(pieces));
        if (pieces.Count == 1)
            return pieces[0];
        var steps = Join(p => p.Steps);
        var times = Join(p => p.Times);
        return type switch
        {
            SeriesType.Number => OfNumbers(steps, times, Join(p => p.Numbers)),
            SeriesType.Text => OfTexts(steps, times, Join(p => p.Texts)),
            _ => OfDigests(steps, times, Join(p => p.Digests)),
        };

        T[] Join<T>(Func<SeriesColumns, ReadOnlyMemory<T>> column)
        {
            var joined = new T[count];
            var at = 0;
            foreach (var piece in pieces)
            {
                column(piece).CopyTo(joined.AsMemory(at));
                at += piece.Count;
            }

            return joined;
        }
    }

    /// <summary>A view of some of the points.</summary>
    public SeriesColumns Slice(int start, int length) => Type switch
    {
        SeriesType.Number => OfNumbers(Steps.Slice(start, length), Times.Slice(start, length), Numbers.Slice(start, length)),
        SeriesType.Text => OfTexts(Steps.Slice(start, length), Times.Slice(start, length), Texts.Slice(start, length)),
        _ => OfDigests(Steps.Slice(start, length), Times.Slice(start, length), Digests.Slice(start, length)),
    };

    /// <summary>The points of a range, where these are all points of the chunk at <paramref name="place"/>.</summary>
    public SeriesColumns Within(SeriesRange range, SeriesPlace place)
    {
        ArgumentNullException.ThrowIfNull(range);
        var skipped = (int)Math.Clamp(range.AfterPosition - place.Position, 0, Count);
        var rest = skipped == 0 ? this : Slice(skipped, Count - skipped);
        return place.FirstStep >= range.FirstStep && place.LastStep <= range.LastStep ? rest : SeriesSelection.Select(rest, range);
    }
}
