using Microsoft.ML;
using Microsoft.ML.Data;

namespace Mlops.MicrosoftML;

/// <summary>The names of the single numbers in a column.</summary>
internal static class ColumnNames
{
    /// <summary>As many names as numbers: those that transforms left behind, else the column's name with the place.</summary>
    public static string[] Slots(DataViewSchema.Column column, int count)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        if (column.HasSlotNames())
            column.GetSlotNames(ref names);
        var known = names.DenseValues().Select(name => name.ToString()).ToList();
        return [.. Enumerable.Range(0, count).Select(i => i < known.Count && known[i].Length > 0
            ? known[i]
            : column.Type is VectorDataViewType ? FormattableString.Invariant($"{column.Name}[{i}]") : column.Name)];
    }
}
