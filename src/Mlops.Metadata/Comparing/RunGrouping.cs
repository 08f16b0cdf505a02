using System.Globalization;

namespace Mlops.Metadata;

/// <summary>Groups runs as they come and keeps only what the groups amount to.</summary>
internal sealed class RunGrouping(IReadOnlyList<RunField> by, IReadOnlyList<RunField> of)
{
    // a key is one text in which the length of each part precedes it, so that no two keys are alike
    private readonly Dictionary<string, Sum> _groups = new(StringComparer.Ordinal);

    public void Add(Run run)
    {
        string?[] key = [.. by.Select(field => field.TextOf(run))];
        var joined = string.Concat(key.Select(part => string.Create(CultureInfo.InvariantCulture, $"{part?.Length ?? -1}:{part}")));
        if (!_groups.TryGetValue(joined, out var group))
            _groups.Add(joined, group = new Sum(key, new Welford[of.Count]));
        group.Count++;
        for (var i = 0; i < of.Count; i++)
        {
            if (of[i].NumberOf(run) is { } number)
                group.Values[i].Add(number);
        }
    }

    /// <summary>The groups by key: numbers as numbers before texts, a missing text last.</summary>
    public IReadOnlyList<RunGroup> ToGroups() =>
        [.. _groups.Values.Order(Comparer<Sum>.Create((x, y) => CompareKeys(x.Key, y.Key)))
            .Select(g => new RunGroup(g.Key, g.Count, [.. g.Values.Select(v => v.ToAggregate())]))];

    private static int CompareKeys(string?[] left, string?[] right)
    {
        for (var i = 0; i < left.Length; i++)
        {
            var order = Rank(left[i]).CompareTo(Rank(right[i]));
            order = order != 0 ? order : string.CompareOrdinal(left[i], right[i]);
            if (order != 0)
                return order;
        }

        return 0;
    }

    private static (int Class, double Number) Rank(string? part) => part is null ? (2, 0)
        : double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? (0, number) : (1, 0);

    private sealed class Sum(string?[] key, Welford[] values)
    {
        public string?[] Key { get; } = key;

        public Welford[] Values { get; } = values;

        public long Count { get; set; }
    }

    private struct Welford
    {
        private long _count;
        private long _nanCount;
        private long _finiteCount;
        private double _min;
        private double _max;
        private double _mean;
        private double _squares;
        private double _infinities;

        public void Add(double value)
        {
            if (double.IsNaN(value))
            {
                _nanCount++;
                return;
            }

            _min = _count == 0 ? value : Math.Min(_min, value);
            _max = _count == 0 ? value : Math.Max(_max, value);
            _count++;
            if (double.IsInfinity(value))
            {
                _infinities += value;
                return;
            }

            _finiteCount++;
            var delta = value - _mean;
            _mean += delta / _finiteCount;
            _squares += delta * (value - _mean);
        }

        public readonly FieldAggregate ToAggregate()
        {
            if (_count == 0)
                return new FieldAggregate(0, _nanCount, double.NaN, double.NaN, double.NaN, double.NaN);
            var isFinite = _infinities == 0;
            return new FieldAggregate(
                _count, _nanCount, _min, _max, isFinite ? _mean : _infinities,
                isFinite && _count > 1 ? Math.Sqrt(_squares / (_count - 1)) : double.NaN);
        }
    }
}
