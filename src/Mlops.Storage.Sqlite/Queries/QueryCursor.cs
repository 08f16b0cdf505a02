using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using SQLitePCL;

namespace Mlops.Storage.Sqlite;

/// <summary>
/// Where a page ended: the sort values of its last record and its id, behind a fingerprint of the query. Base64url of:
/// fingerprint (8 bytes), id (16), then for each sort key its class (1 byte, 0 missing) and value (1 byte of SQLite type,
/// 4 of length, bytes).
/// </summary>
internal sealed class QueryCursor(RecordId id, IReadOnlyList<(long Class, object? Value)> keys)
{
    public RecordId Id { get; } = id;

    public IReadOnlyList<(long Class, object? Value)> Keys { get; } = keys;

    /// <summary>Reads the sort columns, class and value in turn, from <paramref name="column"/> on.</summary>
    public static QueryCursor Of(Rows rows, RecordId id, int column, int count)
    {
        var keys = new (long, object?)[count];
        for (var i = 0; i < count; i++)
        {
            var value = column + (i * 2) + 1;
            keys[i] = rows.IsNull(value - 1) ? (0L, null) : (rows.Int64(value - 1), Read(rows, value));
        }

        return new QueryCursor(id, keys);
    }

    public static QueryCursor Parse(string text, ulong fingerprint, int count)
    {
        try
        {
            ReadOnlySpan<byte> bytes = Base64Url.DecodeFromChars(text);
            if (BinaryPrimitives.ReadUInt64LittleEndian(bytes) != fingerprint)
                throw new ArgumentException("The cursor belongs to another query; begin with the first page.");
            var id = RecordId.Read(bytes[8..]);
            var rest = bytes[24..];
            var keys = new (long, object?)[count];
            for (var i = 0; i < count; i++)
            {
                var rank = rest[0];
                var type = rest[1];
                var value = rest.Slice(6, BinaryPrimitives.ReadInt32LittleEndian(rest[2..]));
                keys[i] = (rank, rank == 0 ? null : Decode(rank, type, value));
                rest = rest[(6 + value.Length)..];
            }

            return new QueryCursor(id, keys);
        }
        catch (Exception e) when (e is FormatException or ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw new ArgumentException("The cursor is not one that this store gave; begin with the first page.", e);
        }
    }

    public string Format(ulong fingerprint)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        Span<byte> id = stackalloc byte[RecordId.SizeBytes];
        Id.Write(id);
        writer.Write(fingerprint);
        writer.Write(id);
        foreach (var (rank, value) in Keys)
        {
            var (type, bytes) = Encode(value);
            writer.Write((byte)rank);
            writer.Write(type);
            writer.Write(bytes.Length);
            writer.Write(bytes);
        }

        writer.Flush();
        return Base64Url.EncodeToString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    private static object Read(Rows rows, int column) => rows.Type(column) switch
    {
        raw.SQLITE_INTEGER => rows.Int64(column),
        raw.SQLITE_FLOAT => rows.Number(column),
        raw.SQLITE_TEXT => rows.Text(column),
        _ => rows.Bytes(column).Length == RecordId.SizeBytes ? rows.Id(column) : rows.Digest(column),
    };

    private static (byte Type, byte[] Bytes) Encode(object? value)
    {
        switch (value)
        {
            case long integer:
                return (raw.SQLITE_INTEGER, BitConverter.GetBytes(integer));
            case double number:
                return (raw.SQLITE_FLOAT, BitConverter.GetBytes(number));
            case string text:
                return (raw.SQLITE_TEXT, Encoding.UTF8.GetBytes(text));
            case RecordId id:
                var sixteen = new byte[RecordId.SizeBytes];
                id.Write(sixteen);
                return (raw.SQLITE_BLOB, sixteen);
            case Digest digest:
                var thirtyTwo = new byte[Digest.SizeBytes];
                digest.Write(thirtyTwo);
                return (raw.SQLITE_BLOB, thirtyTwo);
            default:
                return (raw.SQLITE_NULL, []);
        }
    }

    private static object Decode(byte rank, byte type, ReadOnlySpan<byte> value) => type switch
    {
        raw.SQLITE_INTEGER => BitConverter.ToInt64(value),
        raw.SQLITE_FLOAT => BitConverter.ToDouble(value),
        raw.SQLITE_TEXT => Encoding.UTF8.GetString(value),
        raw.SQLITE_BLOB => rank == 4 ? RecordId.Read(value) : Digest.Read(value),
        _ => throw new FormatException("Unknown type."),
    };
}
