using Mlops.Storage;

namespace Mlops.Metadata.Tests.Search;

/// <summary>Filters as text that shows every node, since records do not compare their lists.</summary>
internal static class Trees
{
    public static string Show(Filter filter) => filter switch
    {
        Filter.Compare c => $"{Show(c.Left)} {c.Operator} {Show(c.Right)}",
        Filter.OneOf o => $"{Show(o.Left)} in [{string.Join(", ", o.Values.Select(Show))}]",
        Filter.IsMissing m => $"missing({Show(m.Left)})",
        Filter.AllOf all => $"all({string.Join(", ", all.Terms.Select(Show))})",
        Filter.AnyOf any => $"any({string.Join(", ", any.Terms.Select(Show))})",
        Filter.Negation n => $"not({Show(n.Term)})",
        _ => throw new InvalidOperationException(),
    };

    private static string Show(Operand operand) => operand switch
    {
        Operand.OfSeries { Aggregate: SeriesAggregate.Last } s => s.Name,
        Operand.OfSeries s => $"{s.Aggregate}:{s.Name}",
        Operand.OfField f => f.Name,
        Operand.OfProperty p => $"#{p.Name}",
        _ => throw new InvalidOperationException(),
    };

    private static string Show(FieldValue value) => value.Type == FieldType.Text ? $"'{value}'" : value.ToString();
}
