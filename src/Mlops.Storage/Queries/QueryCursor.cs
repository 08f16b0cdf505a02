using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Mlops.Storage;

/// <summary>
/// Where a page ended: the sort values of its last record and its id, behind a fingerprint of the query, for backends whose
/// <see cref="RecordPage.Next"/> needs no more. Base64url of: fingerprint (8 bytes), id (16), then for each sort key its class
/// (1 byte, 0 missing) and value (1 byte of type, 4 of length, bytes). Not for storing.
/// </summary>
/// <param name="id">The last record.</param>
/// <param name="keys">
/// For each <see cref="RecordQuery.OrderBy"/> its class (0 missing, 1 numbers, 2 times, 3 texts, 4 references, 5 digests) and its
/// value: a long, double, string, <see cref="RecordId"/> or <see cref="Digest"/>, or null if missing.
/// </param>
public sealed class QueryCursor(RecordId id, IReadOnlyList<(long Class, object? Value)> keys)
{
    private const byte Integer = 1;
    private const byte Float = 2;
    private const byte Text = 3;
    private const byte Bytes = 4;
    private const byte Nothing = 5;

    /// <summary>The last record of the page.</summary>
    public RecordId Id { get; } = id;

    /// <summary>Its sort values.</summary>
    public IReadOnlyList<(long Class, object? Value)> Keys { get; } = keys;

    /// <summary>Reads the cursor of a query; null if it has none.</summary>
    /// <exception cref="ArgumentException">The cursor belongs to another query, or is none.</exception>
    public static QueryCursor? Of(RecordQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Cursor is not { } text)
            return null;
        try
        {
            ReadOnlySpan<byte> bytes = Base64Url.DecodeFromChars(text);
            if (BinaryPrimitives.ReadUInt64LittleEndian(bytes) != QueryFingerprint.Of(query))
                throw new ArgumentException("The cursor belongs to another query; begin with the first page.");
            var id = RecordId.Read(bytes[8..]);
            var rest = bytes[24..];
            var keys = new (long, object?)[query.OrderBy.Count];
            for (var i = 0; i < keys.Length; i++)
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

    /// <summary>The text for <see cref="RecordPage.Next"/>.</summary>
    public string Format(RecordQuery query)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        Span<byte> id = stackalloc byte[RecordId.SizeBytes];
        Id.Write(id);
        writer.Write(QueryFingerprint.Of(query));
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

    private static (byte Type, byte[] Bytes) Encode(object? value)
    {
        switch (value)
        {
            case long integer:
                return (Integer, BitConverter.GetBytes(integer));
            case double number:
                return (Float, BitConverter.GetBytes(number));
            case string text:
                return (Text, Encoding.UTF8.GetBytes(text));
            case RecordId id:
                var sixteen = new byte[RecordId.SizeBytes];
                id.Write(sixteen);
                return (Bytes, sixteen);
            case Digest digest:
                var thirtyTwo = new byte[Digest.SizeBytes];
                digest.Write(thirtyTwo);
                return (Bytes, thirtyTwo);
            default:
                return (Nothing, []);
        }
    }

    private static object Decode(byte rank, byte type, ReadOnlySpan<byte> value) => type switch
    {
        Integer => BitConverter.ToInt64(value),
        Float => BitConverter.ToDouble(value),
        Text => Encoding.UTF8.GetString(value),
        Bytes => rank == 4 ? RecordId.Read(value) : Digest.Read(value),
        _ => throw new FormatException("Unknown type."),
    };
}
