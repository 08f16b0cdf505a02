using System.Buffers;
using System.Buffers.Binary;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Mlops.MicrosoftML;

/// <summary>
/// SHA-256 over names and types of the columns, the number of rows if it is known, and the values of the first rows. Equal data
/// has an equal fingerprint on machines of one byte order.
/// </summary>
internal static class DataFingerprint
{
    private const int Full = 64 * 1024;

    private static readonly MethodInfo PlainWriter = Method(nameof(WritePlain));
    private static readonly MethodInfo VectorWriter = Method(nameof(WriteVector));

    /// <summary>The fingerprint, and how many rows there are if that came to light.</summary>
    public static (string Hex, long? Rows) Of(IDataView data, long rows, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ArrayBufferWriter<byte> buffer = new(2 * Full);
        var columns = data.Schema.Where(c => !c.IsHidden && IsReadable(c.Type)).ToList();
        foreach (var column in columns)
            Write(buffer, $"{column.Name}\0{column.Type}\0".AsSpan());
        Write(buffer, data.GetRowCount() ?? -1);

        using var cursor = data.GetRowCursor(columns);
        var writers = columns.ConvertAll(column => Writer(cursor, column, buffer));
        long? count = null;
        for (var row = 0L; row < rows; row++)
        {
            if (!cursor.MoveNext())
            {
                count = row;
                break;
            }

            foreach (var write in writers)
                write();
            if (buffer.WrittenCount < Full)
                continue;
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer.WrittenSpan);
            buffer.ResetWrittenCount();
        }

        hash.AppendData(buffer.WrittenSpan);
        return (Convert.ToHexStringLower(hash.GetHashAndReset()), count);
    }

    private static bool IsReadable(DataViewType type) => Item(type) is { } item
        && (item == typeof(ReadOnlyMemory<char>) || (item.IsValueType && !item.IsGenericType));

    private static Type? Item(DataViewType type) => type is VectorDataViewType vector ? vector.ItemType.RawType : type.RawType;

    private static Action Writer(DataViewRow row, DataViewSchema.Column column, ArrayBufferWriter<byte> buffer)
    {
        var text = Item(column.Type) == typeof(ReadOnlyMemory<char>);
        return (column.Type is VectorDataViewType, text) switch
        {
            (false, true) => WriteText(row, column, buffer),
            (true, true) => WriteTexts(row, column, buffer),
            (false, false) => (Action)PlainWriter.MakeGenericMethod(Item(column.Type)!).Invoke(null, [row, column, buffer])!,
            (true, false) => (Action)VectorWriter.MakeGenericMethod(Item(column.Type)!).Invoke(null, [row, column, buffer])!,
        };
    }

    private static Action WriteText(DataViewRow row, DataViewSchema.Column column, ArrayBufferWriter<byte> buffer)
    {
        var getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> value = default;
        return () =>
        {
            getter(ref value);
            Write(buffer, value.Span);
        };
    }

    private static Action WriteTexts(DataViewRow row, DataViewSchema.Column column, ArrayBufferWriter<byte> buffer)
    {
        var getter = row.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column);
        VBuffer<ReadOnlyMemory<char>> value = default;
        return () =>
        {
            getter(ref value);
            Write(buffer, value.Length);
            foreach (var item in value.DenseValues())
                Write(buffer, item.Span);
        };
    }

    private static Action WritePlain<T>(DataViewRow row, DataViewSchema.Column column, ArrayBufferWriter<byte> buffer)
        where T : struct
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            return () => { };
        var getter = row.GetGetter<T>(column);
        T value = default;
        return () =>
        {
            getter(ref value);
            WriteRaw(buffer, new ReadOnlySpan<T>(in value));
        };
    }

    private static Action WriteVector<T>(DataViewRow row, DataViewSchema.Column column, ArrayBufferWriter<byte> buffer)
        where T : struct
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            return () => { };
        var getter = row.GetGetter<VBuffer<T>>(column);
        VBuffer<T> value = default;
        T[] dense = [];
        return () =>
        {
            getter(ref value);
            if (dense.Length != value.Length)
                dense = new T[value.Length];
            value.CopyTo(dense); // a sparse and a dense vector of the same numbers are the same data
            Write(buffer, value.Length);
            WriteRaw<T>(buffer, dense);
        };
    }

    private static void Write(ArrayBufferWriter<byte> buffer, ReadOnlySpan<char> text)
    {
        Write(buffer, text.Length);
        Encoding.Unicode.GetBytes(text, buffer);
    }

    private static void Write(ArrayBufferWriter<byte> buffer, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(sizeof(long)), value);
        buffer.Advance(sizeof(long));
    }

    private static void WriteRaw<T>(ArrayBufferWriter<byte> buffer, ReadOnlySpan<T> values)
        where T : struct => buffer.Write(MemoryMarshal.AsBytes(values));

    private static MethodInfo Method(string name) =>
        typeof(DataFingerprint).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;
}
