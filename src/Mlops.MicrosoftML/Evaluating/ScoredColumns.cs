using Microsoft.ML;
using Microsoft.ML.Data;

namespace Mlops.MicrosoftML;

/// <summary>Reads columns of scored data as plain numbers.</summary>
internal static class ScoredColumns
{
    /// <summary>True if <see cref="Number"/> can read the column.</summary>
    public static bool IsNumber(DataViewSchema.Column column) => Type.GetTypeCode(column.Type.RawType) is TypeCode.Boolean
        or TypeCode.Single or TypeCode.Double or TypeCode.Int32 or TypeCode.UInt32 or TypeCode.Int64 or TypeCode.Byte or TypeCode.UInt16 or TypeCode.UInt64;

    /// <summary>The current value of a column: truth as 1 or 0, a key as its number from 1.</summary>
    /// <exception cref="NotSupportedException">The column holds no number.</exception>
    public static Func<double> Number(DataViewRow row, DataViewSchema.Column column) => column.Type.RawType switch
    {
        { } type when type == typeof(bool) => Getter<bool>(row, column, static v => v ? 1 : 0),
        { } type when type == typeof(float) => Getter<float>(row, column, static v => v),
        { } type when type == typeof(double) => Getter<double>(row, column, static v => v),
        { } type when type == typeof(int) => Getter<int>(row, column, static v => v),
        { } type when type == typeof(uint) => Getter<uint>(row, column, static v => v),
        { } type when type == typeof(long) => Getter<long>(row, column, static v => v),
        { } type when type == typeof(byte) => Getter<byte>(row, column, static v => v),
        { } type when type == typeof(ushort) => Getter<ushort>(row, column, static v => v),
        { } type when type == typeof(ulong) => Getter<ulong>(row, column, static v => v),
        _ => throw new NotSupportedException($"the column '{column.Name}' is of the type {column.Type} and no number."),
    };

    /// <summary>The same with a key counted from 0, and NaN where there is none, as ML.NET's evaluations take a label.</summary>
    public static Func<double> Label(DataViewRow row, DataViewSchema.Column column)
    {
        var number = Number(row, column);
        return column.Type is KeyDataViewType ? () => number() is > 0 and var key ? key - 1 : double.NaN : number;
    }

    /// <summary>The current value of a column of numbers or of vectors of them; to be read before the row moves on.</summary>
    public static Func<IEnumerable<double>> Numbers(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is not VectorDataViewType)
        {
            var number = Number(row, column);
            return () => [number()];
        }

        var getter = row.GetGetter<VBuffer<float>>(column);
        VBuffer<float> values = default;
        return () =>
        {
            getter(ref values);
            return values.DenseValues().Select(v => (double)v);
        };
    }

    /// <summary>Columns as numbers in one pass, or as they were kept, a key as a label is taken, without rows where one is NaN.</summary>
    public static double[][] Read(IDataView data, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var values = (data as KeepingView)?.Find(names) ?? ReadAll(data, names, cancellationToken);
        List<int> rows = new(values[0].Count);
        for (var row = 0; row < values[0].Count; row++)
        {
            if (!values.Any(v => double.IsNaN(v[row])))
                rows.Add(row);
        }

        return [.. values.Select(v => rows.ConvertAll(row => v[row]).ToArray())];
    }

    private static List<double>[] ReadAll(IDataView data, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var columns = names.Select(name => data.Schema[name]).ToList();
        var values = columns.ConvertAll(_ => new List<double>());
        using var cursor = data.GetRowCursor(columns);
        var getters = columns.ConvertAll(column => Label(cursor, column));
        while (cursor.MoveNext())
        {
            if (values[0].Count % 4_096 == 0)
                cancellationToken.ThrowIfCancellationRequested();
            for (var i = 0; i < getters.Count; i++)
                values[i].Add(getters[i]());
        }

        return [.. values];
    }

    private static Func<double> Getter<T>(DataViewRow row, DataViewSchema.Column column, Func<T, double> convert)
    {
        var getter = row.GetGetter<T>(column);
        T value = default!;
        return () =>
        {
            getter(ref value);
            return convert(value);
        };
    }
}
