using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// A Bloom filter of the texts and references of a record: each sets one bit in each of three columns, so a record whose marks lack
/// one of them does not have it. By mistake 3 % of the records with 25 values pass, 10 % of those with 40, 22 % of those with 60.
/// Numbers, times and digests leave no marks. The bits are part of the format.
/// </summary>
internal readonly record struct FieldMarks(long First, long Second, long Third)
{
    private const int MostStackBytes = 512;

    public static FieldMarks operator |(FieldMarks left, FieldMarks right) =>
        new(left.First | right.First, left.Second | right.Second, left.Third | right.Third);

    public bool Contains(FieldMarks other) => (this | other) == this;

    /// <summary>Reads the columns <c>marks_1</c>, <c>marks_2</c> and <c>marks_3</c>.</summary>
    public static FieldMarks Read(NpgsqlDataReader row, int column) => new(row.GetInt64(column), row.GetInt64(column + 1), row.GetInt64(column + 2));

    /// <summary>The three columns of many rows.</summary>
    public static NpgsqlParameter[] All(IReadOnlyList<FieldMarks> marks) =>
        [Args.All(marks.Select(m => m.First)), Args.All(marks.Select(m => m.Second)), Args.All(marks.Select(m => m.Third))];

    public static FieldMarks Of(string field, IEnumerable<FieldValue> values) => values.Aggregate(default(FieldMarks), (marks, value) => marks | Of(field, value));

    /// <summary>The marks of a value in its normal form; none if it is of a type that leaves none.</summary>
    public static FieldMarks Of(string field, FieldValue value)
    {
        if (value.Type is not (FieldType.Text or FieldType.Reference))
            return default;

        // SHA-256 of the name, the type, which no name holds, and the value; its first bytes choose the bits
        var name = Encoding.UTF8.GetByteCount(field);
        var length = name + 1 + (value.Type == FieldType.Text ? Encoding.UTF8.GetByteCount(value.AsText) : RecordId.SizeBytes);
        var bytes = length <= MostStackBytes ? stackalloc byte[length] : new byte[length];
        Encoding.UTF8.GetBytes(field, bytes);
        bytes[name] = (byte)value.Type;
        if (value.Type == FieldType.Text)
            Encoding.UTF8.GetBytes(value.AsText, bytes[(name + 1)..]);
        else
            value.AsReference.Write(bytes[(name + 1)..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return new FieldMarks(1L << (hash[0] & 63), 1L << (hash[1] & 63), 1L << (hash[2] & 63));
    }
}
