using System.Text;
using System.Text.RegularExpressions;

namespace Mlops.Storage.Conformance;

/// <summary>The search language as its documentation says it, without any thought of speed.</summary>
internal sealed class PlainEvaluator(IReadOnlyList<RecordSnapshot> records, IReadOnlyDictionary<RecordId, SeriesSummary> series)
{
    public IEnumerable<RecordId> Find(Filter filter, IReadOnlyList<RecordOrder> orders) =>
        records.Where(r => IsTrue(filter, r) == true)
            .OrderByDescending(r => r.Id)
            .Order(Comparer<RecordSnapshot>.Create((a, b) => orders.Select(o => CompareForOrder(a, b, o)).FirstOrDefault(c => c != 0)))
            .Select(r => r.Id);

    /// <summary>Null is unknown.</summary>
    private bool? IsTrue(Filter filter, RecordSnapshot record) => filter switch
    {
        Filter.Compare compare => Any(Values(compare.Left, record).Select(v => Compare(v, compare.Operator, compare.Right))),
        Filter.OneOf oneOf => Or(oneOf.Values.Select(c => Any(Values(oneOf.Left, record).Select(v => Compare(v, FilterOperator.Equal, c))))),
        Filter.IsMissing missing => !Values(missing.Left, record).Any(v => v.Type != FieldType.Number || !double.IsNaN(v.AsNumber!.Value)),
        Filter.AllOf all => !Or(all.Terms.Select(t => !IsTrue(t, record))),
        Filter.AnyOf any => Or(any.Terms.Select(t => IsTrue(t, record))),
        Filter.Negation negation => !IsTrue(negation.Term, record),
        _ => throw new InvalidOperationException(),
    };

    private static bool? Or(IEnumerable<bool?> terms)
    {
        bool? result = false;
        foreach (var term in terms)
        {
            if (term == true)
                return true;
            if (term is null)
                result = null;
        }

        return result;
    }

    // several values: true for one is true; otherwise false if one compares at all
    private static bool? Any(IEnumerable<bool?> outcomes)
    {
        bool? result = null;
        foreach (var outcome in outcomes)
        {
            if (outcome == true)
                return true;
            result ??= outcome;
        }

        return result;
    }

    private IReadOnlyList<FieldValue> Values(Operand operand, RecordSnapshot record)
    {
        switch (operand)
        {
            case Operand.OfField field:
                return record.Fields.TryGetValue(field.Name, out var values) ? values : [];
            case Operand.OfSeries { Aggregate: var aggregate }:
                if (!series.TryGetValue(record.Id, out var s))
                    return [];
                var number = aggregate switch
                {
                    SeriesAggregate.Last => s.Last,
                    SeriesAggregate.Min => s.Min,
                    SeriesAggregate.Max => s.Max,
                    SeriesAggregate.Count => s.Count,
                    SeriesAggregate.LastStep => s.LastStep,
                    SeriesAggregate.MinStep => double.IsNaN(s.Min) ? double.NaN : s.MinStep,
                    _ => double.IsNaN(s.Max) ? double.NaN : s.MaxStep,
                };
                return [FieldValue.Number(number)];
            case Operand.OfProperty { Name: var property }:
                return property switch
                {
                    RecordProperty.Id => [FieldValue.Reference(record.Id)],
                    RecordProperty.Key => record.Key is { } key ? [FieldValue.Text(key)] : [],
                    RecordProperty.Created => [FieldValue.Time(record.Created)],
                    _ => [FieldValue.Number(record.Revision)],
                };
            default:
                throw new InvalidOperationException();
        }
    }

    private static bool? Compare(FieldValue left, FilterOperator op, FieldValue right)
    {
        if (op is FilterOperator.Like or FilterOperator.LikeIgnoreCase)
            return left.Type == FieldType.Text ? Like(left.AsText, right.AsText, op == FilterOperator.LikeIgnoreCase) : null;
        int order;
        if (left.Type == FieldType.Text && right.Type == FieldType.Text)
            order = CompareTexts(left.AsText, right.AsText);
        else if (left.AsNumber is { } a && right.AsNumber is { } b)
        {
            if (double.IsNaN(a) || double.IsNaN(b))
                return null;
            order = a.CompareTo(b);
        }
        else if (left.Type != right.Type || left.Type is FieldType.Text or FieldType.Number)
            return null;
        else
            order = CompareSame(left, right);
        return op switch
        {
            FilterOperator.Equal => order == 0,
            FilterOperator.NotEqual => order != 0,
            FilterOperator.Less => order < 0,
            FilterOperator.LessOrEqual => order <= 0,
            FilterOperator.Greater => order > 0,
            _ => order >= 0,
        };
    }

    private static int CompareSame(FieldValue left, FieldValue right) => left.Type switch
    {
        FieldType.Time => left.AsMicroseconds.CompareTo(right.AsMicroseconds),
        FieldType.Reference => left.AsReference.CompareTo(right.AsReference),
        FieldType.Digest => left.AsDigest.CompareTo(right.AsDigest),
        _ => CompareTexts(left.AsText, right.AsText),
    };

    private static int CompareTexts(string left, string right) =>
        Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right));

    private static bool Like(string text, string pattern, bool ignoreCase)
    {
        var regex = "^" + Regex.Escape(pattern).Replace("%", ".*", StringComparison.Ordinal).Replace("_", ".", StringComparison.Ordinal) + "\\z";
        return Regex.IsMatch(text, regex, RegexOptions.Singleline | RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None));
    }

    private int CompareForOrder(RecordSnapshot a, RecordSnapshot b, RecordOrder order)
    {
        var (left, right) = (First(a, order.By), First(b, order.By));
        if (left is null || right is null)
            return (left is null ? 1 : 0) - (right is null ? 1 : 0);
        var result = Rank(left.Value).CompareTo(Rank(right.Value));
        if (result == 0)
            result = Rank(left.Value) == 1 ? left.Value.AsNumber!.Value.CompareTo(right.Value.AsNumber!.Value) : CompareSame(left.Value, right.Value);
        return order.Descending ? -result : result;
    }

    private FieldValue? First(RecordSnapshot record, Operand by) =>
        Values(by, record) is [var first, ..] && first.AsNumber is not double.NaN ? first : null;

    private static int Rank(FieldValue value) => value.AsNumber is not null ? 1 : value.Type switch
    {
        FieldType.Time => 2,
        FieldType.Text => 3,
        FieldType.Reference => 4,
        _ => 5,
    };
}
