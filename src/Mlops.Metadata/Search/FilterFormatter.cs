using System.Globalization;
using System.Text;
using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Writes a filter or an order in the words of one language.</summary>
internal sealed class FilterFormatter(SearchLanguage language)
{
    private readonly StringBuilder _text = new();

    /// <summary>What stands around a condition, and so whether it needs parentheses.</summary>
    private enum Around
    {
        Nothing,
        Or,
        And,
        Not,
    }

    public string Format(Filter filter)
    {
        Write(filter, Around.Nothing, 1);
        return _text.ToString();
    }

    public string Format(IReadOnlyList<RecordOrder> orders) => string.Join(", ", orders.Select(o =>
    {
        var by = Find(o.By, null);
        return by.HasOrder ? $"{Name(by)}{(o.Descending ? " DESC" : "")}" : throw Unspeakable($"sorts by {by.Name}");
    }));

    private void Write(Filter filter, Around around, int depth)
    {
        if (depth > QueryValidator.MaxDepth)
            throw Unspeakable($"is nested deeper than {QueryValidator.MaxDepth}");
        switch (filter)
        {
            case Filter.AllOf { Terms: [var one] }:
                Write(one, around, depth + 1);
                break;
            case Filter.AnyOf { Terms: [var one] }:
                Write(one, around, depth + 1);
                break;
            case Filter.AllOf { Terms: [] }:
                _text.Append("TRUE");
                break;
            case Filter.AnyOf { Terms: [] }:
                _text.Append("FALSE");
                break;
            case Filter.AllOf all:
                if (!TryWriteRange(all, ""))
                    WriteTerms(all.Terms, Around.And, around, depth);
                break;
            case Filter.AnyOf any:
                WriteTerms(any.Terms, Around.Or, around, depth);
                break;
            case Filter.Negation { Term: var term }:
                WriteNegation(term, depth + 1);
                break;
            default:
                WriteCondition(filter, "");
                break;
        }
    }

    private void WriteNegation(Filter term, int depth)
    {
        switch (term)
        {
            case Filter.IsMissing or Filter.OneOf or Filter.Compare { Operator: FilterOperator.Like or FilterOperator.LikeIgnoreCase }:
                WriteCondition(term, "NOT ");
                break;
            case Filter.AllOf all when TryWriteRange(all, "NOT "):
                break;
            default:
                _text.Append("NOT ");
                Write(term, Around.Not, depth);
                break;
        }
    }

    private void WriteTerms(IReadOnlyList<Filter> terms, Around keyword, Around around, int depth)
    {
        // AND inside AND keeps its parentheses: they are in the tree
        var parentheses = around >= keyword;
        _text.Append(parentheses ? "(" : "");
        for (var i = 0; i < terms.Count; i++)
        {
            _text.Append(i == 0 ? "" : keyword == Around.And ? " AND " : " OR ");
            Write(terms[i], keyword, depth + 1);
        }

        _text.Append(parentheses ? ")" : "");
    }

    private bool TryWriteRange(Filter.AllOf all, string not)
    {
        if (all.Terms is not [
                Filter.Compare { Operator: FilterOperator.GreaterOrEqual } low, Filter.Compare { Operator: FilterOperator.LessOrEqual } high]
            || low.Left != high.Left
            || low.Right.Type != high.Right.Type)
        {
            return false;
        }

        var left = Find(low.Left, low.Right.Type);
        if (!left.HasRange)
            throw Unspeakable($"puts '{left.Name}' in a range");
        _text.Append(CultureInfo.InvariantCulture, $"{Name(left)} {not}BETWEEN {Literal(left, low.Right)} AND {Literal(left, high.Right)}");
        return true;
    }

    private void WriteCondition(Filter condition, string not)
    {
        switch (condition)
        {
            case Filter.IsMissing missing when Find(missing.Left, null) is { Type: SearchType.Lifecycle } lifecycle:
                _text.Append(CultureInfo.InvariantCulture, $"{lifecycle.Name} = '{lifecycle.Words[not.Length == 0 ? 0 : 1]}'");
                break;
            case Filter.IsMissing missing:
                _text.Append(CultureInfo.InvariantCulture, $"{Name(Find(missing.Left, null))} IS {not}NULL");
                break;
            case Filter.OneOf { Values: [var first, ..] } oneOf:
                var one = Find(oneOf.Left, first.Type);
                _text.Append(CultureInfo.InvariantCulture, $"{Name(one)} {not}IN ({string.Join(", ", oneOf.Values.Select(v => Literal(one, v)))})");
                break;
            case Filter.Compare compare:
                var left = Find(compare.Left, compare.Right.Type);
                var isPattern = compare.Operator is FilterOperator.Like or FilterOperator.LikeIgnoreCase;
                if (isPattern ? !left.HasPattern : compare.Operator > FilterOperator.NotEqual && !left.HasRange)
                    throw Unspeakable($"compares '{left.Name}' by {compare.Operator}");
                var right = isPattern ? Quoted(compare.Right.AsText, '\'') : Literal(left, compare.Right);
                _text.Append(CultureInfo.InvariantCulture, $"{Name(left)} {not}{Comparisons.Sign(compare.Operator)} {right}");
                break;
            default:
                throw Unspeakable($"holds {condition?.GetType().Name ?? "null"}, which is empty or unknown");
        }
    }

    /// <summary>The attribute that an operand stands for. Two may share a field: then the type of the value decides.</summary>
    private SearchAttribute Find(Operand operand, FieldType? compared)
    {
        var attributes = language.Attributes.Where(a => a.Operand == operand).ToList();
        if (attributes.Count > 0)
            return attributes.Find(a => compared is { } type && Takes(a, type)) ?? attributes[^1];
        var (name, isSeries) = operand switch
        {
            Operand.OfSeries series => (series.Name, true),
            Operand.OfField field => (field.Name, false),
            _ => ("", false),
        };
        if (isSeries && name.StartsWith(RunRecord.SystemPrefix, StringComparison.Ordinal))
            name = RunRecord.MetricPrefix + name;
        var collection = language.Collections.FirstOrDefault(c => c.Refusal is null
                && (c.Type == SearchType.Number) == isSeries && name.Length > c.Prefix.Length && name.StartsWith(c.Prefix, StringComparison.Ordinal))
            ?? throw Unspeakable($"asks for {operand}");
        return collection.Of(name[collection.Prefix.Length..]) with { Operand = operand };
    }

    private static bool Takes(SearchAttribute attribute, FieldType type) => attribute.Type switch
    {
        SearchType.Number => type == FieldType.Number,
        SearchType.NumberOrText or SearchType.OfReferred => type is FieldType.Number or FieldType.Text,
        SearchType.Time => type == FieldType.Time,
        SearchType.Id => type == FieldType.Reference,
        SearchType.Lifecycle => false,
        _ => type == FieldType.Text,
    };

    private string Literal(SearchAttribute attribute, FieldValue value)
    {
        if (!Takes(attribute, value.Type)
            || (value.Type == FieldType.Number && double.IsNaN(value.AsNumber!.Value))
            || (attribute.Type == SearchType.Word && !attribute.Words.Contains(value.AsText)))
        {
            throw Unspeakable($"compares '{attribute.Name}' with the {value.Type} {value}");
        }

        return value.Type switch
        {
            FieldType.Number => value.AsNumber switch
            {
                double.PositiveInfinity => "inf",
                double.NegativeInfinity => "-inf",
                _ => value.ToString(),
            },
            FieldType.Time => $"'{SearchTime.Format(value)}'",
            FieldType.Reference => $"'{value.AsReference}'",
            _ => Quoted(value.AsText, '\''),
        };
    }

    private string Name(SearchAttribute attribute)
    {
        var name = attribute.Name;
        if (attribute.Operand is Operand.OfField or Operand.OfSeries
            && language.Collections.FirstOrDefault(c => name.StartsWith(c.Prefix, StringComparison.Ordinal)) is { } collection
            && !name.All(TokenReader.IsInWord))
        {
            name = collection.Prefix + Quoted(name[collection.Prefix.Length..], '`');
        }

        return attribute.Operand is Operand.OfSeries { Aggregate: not SeriesAggregate.Last and var aggregate } ? $"{Aggregates.Name(aggregate)}({name})" : name;
    }

    private static string Quoted(string text, char quote) =>
        $"{quote}{text.Replace(quote.ToString(), new string(quote, 2), StringComparison.Ordinal)}{quote}";

    private ArgumentException Unspeakable(string what) => new($"The search language of {language.Entities} has no words for this: it {what}.");
}
