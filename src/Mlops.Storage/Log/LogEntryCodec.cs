using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Mlops.Storage;

/// <summary>
/// The bytes of a log entry, version 1, all numbers little-endian: version (1 byte = 1), record id (16, big-endian), sequence
/// (8), commit time (8), client time (8), action and actor (each 4 bytes of length, then UTF-8), number of items (4), items (32
/// each), previous hash (32). The hash of an entry is the SHA-256 of these bytes.
/// </summary>
public static class LogEntryCodec
{
    /// <summary>Length of a salt in bytes.</summary>
    public const int SaltBytes = 16;

    /// <summary>The item name under which a body is logged; no field can have it.</summary>
    public const string BodyItem = "\u0001body";

    /// <summary>Encodes an entry.</summary>
    public static byte[] Encode(LogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var writer = new ArrayBufferWriter<byte>(160 + (entry.Items.Count * Digest.SizeBytes));
        writer.GetSpan(1)[0] = 1;
        writer.Advance(1);
        entry.Record.Write(writer.GetSpan(RecordId.SizeBytes));
        writer.Advance(RecordId.SizeBytes);
        WriteInt64(writer, entry.Sequence);
        WriteInt64(writer, entry.CommitTime);
        WriteInt64(writer, entry.ClientTime);
        WriteText(writer, entry.Action);
        WriteText(writer, entry.Actor);
        WriteInt32(writer, entry.Items.Count);
        foreach (var item in entry.Items)
            WriteDigest(writer, item);
        WriteDigest(writer, entry.Previous);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>Decodes an entry.</summary>
    /// <exception cref="IntegrityException">The bytes are not a version 1 entry.</exception>
    public static LogEntry Decode(ReadOnlySpan<byte> source)
    {
        try
        {
            if (source[0] != 1)
                throw new IntegrityException($"Log entry of unknown version {source[0]}; upgrade the packages.");
            var record = RecordId.Read(source[1..]);
            var rest = source[(1 + RecordId.SizeBytes)..];
            var sequence = ReadInt64(ref rest);
            var commit = ReadInt64(ref rest);
            var client = ReadInt64(ref rest);
            var action = ReadText(ref rest);
            var actor = ReadText(ref rest);
            var count = ReadInt32(ref rest);
            if (rest.Length != (count + 1L) * Digest.SizeBytes)
                throw new IntegrityException($"Log entry {sequence} of record {record} has the wrong length.");
            var items = new Digest[count];
            for (var i = 0; i < count; i++)
                items[i] = Digest.Read(rest[(i * Digest.SizeBytes)..]);
            return new LogEntry
            {
                Record = record,
                Sequence = sequence,
                CommitTime = commit,
                ClientTime = client,
                Action = action,
                Actor = actor,
                Items = items,
                Previous = Digest.Read(rest[(count * Digest.SizeBytes)..]),
            };
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException)
        {
            throw new IntegrityException("Log entry is truncated.", e);
        }
    }

    /// <summary>
    /// The salted digest of one changed item: SHA-256 over salt, name (4 bytes of length, UTF-8) and each value (1 byte of type,
    /// then 4 bytes of length and UTF-8 for a text, 8 bytes of the double for a number, 8 of the microseconds for a time, 16 for
    /// a reference, 32 for a digest; little-endian but for the last two). A body is one text value under the name
    /// <see cref="BodyItem"/>.
    /// </summary>
    /// <param name="salt">16 random bytes, which are kept with the values and die with them.</param>
    /// <param name="name">The field.</param>
    /// <param name="values">All values of the field after the change; none if it was removed.</param>
    public static Digest ItemDigest(ReadOnlySpan<byte> salt, string name, IReadOnlyList<FieldValue> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var writer = new ArrayBufferWriter<byte>(256);
        writer.Write(salt);
        WriteText(writer, name);
        foreach (var value in values)
        {
            writer.GetSpan(1)[0] = (byte)value.Type;
            writer.Advance(1);
            switch (value.Type)
            {
                case FieldType.Text:
                    WriteText(writer, value.AsText);
                    break;
                case FieldType.Number:
                    WriteInt64(writer, BitConverter.DoubleToInt64Bits(value.AsNumber!.Value));
                    break;
                case FieldType.Time:
                    WriteInt64(writer, value.AsMicroseconds);
                    break;
                case FieldType.Reference:
                    value.AsReference.Write(writer.GetSpan(RecordId.SizeBytes));
                    writer.Advance(RecordId.SizeBytes);
                    break;
                default:
                    WriteDigest(writer, value.AsDigest);
                    break;
            }
        }

        return Digest.Of(writer.WrittenSpan);
    }

    /// <summary>The salted digest of a body.</summary>
    public static Digest BodyDigest(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var head = new ArrayBufferWriter<byte>(64);
        head.Write(salt);
        WriteText(head, BodyItem);
        head.GetSpan(1)[0] = (byte)FieldType.Text;
        head.Advance(1);
        WriteInt32(head, body.Length);
        hash.AppendData(head.WrittenSpan);
        hash.AppendData(body);
        return Digest.Of(hash);
    }

    private static void WriteInt64(ArrayBufferWriter<byte> writer, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(writer.GetSpan(8), value);
        writer.Advance(8);
    }

    private static void WriteInt32(ArrayBufferWriter<byte> writer, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(writer.GetSpan(4), value);
        writer.Advance(4);
    }

    private static void WriteText(ArrayBufferWriter<byte> writer, string text)
    {
        WriteInt32(writer, Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, writer);
    }

    private static void WriteDigest(ArrayBufferWriter<byte> writer, Digest digest)
    {
        digest.Write(writer.GetSpan(Digest.SizeBytes));
        writer.Advance(Digest.SizeBytes);
    }

    private static long ReadInt64(ref ReadOnlySpan<byte> source)
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(source);
        source = source[8..];
        return value;
    }

    private static int ReadInt32(ref ReadOnlySpan<byte> source)
    {
        var value = BinaryPrimitives.ReadInt32LittleEndian(source);
        source = source[4..];
        return value;
    }

    private static string ReadText(ref ReadOnlySpan<byte> source)
    {
        var length = ReadInt32(ref source);
        var text = Encoding.UTF8.GetString(source[..length]);
        source = source[length..];
        return text;
    }
}
