using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Mlops.Storage;

/// <summary>Writes the binary forms of this assembly: little-endian numbers, texts with 4 bytes of length before their UTF-8.</summary>
internal sealed class WireWriter(int capacity)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(capacity);

    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    public void Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.GetSpan(4), value);
        _buffer.Advance(4);
    }

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.GetSpan(8), value);
        _buffer.Advance(8);
    }

    public void Double(double value) => Int64(BitConverter.DoubleToInt64Bits(value));

    public void Raw(ReadOnlySpan<byte> bytes) => _buffer.Write(bytes);

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Int32(bytes.Length);
        Raw(bytes);
    }

    public void Text(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Int32(length);
        Encoding.UTF8.GetBytes(text, _buffer.GetSpan(length));
        _buffer.Advance(length);
    }

    public void Id(RecordId id)
    {
        id.Write(_buffer.GetSpan(RecordId.SizeBytes));
        _buffer.Advance(RecordId.SizeBytes);
    }

    public void Digest(Digest digest)
    {
        digest.Write(_buffer.GetSpan(Storage.Digest.SizeBytes));
        _buffer.Advance(Storage.Digest.SizeBytes);
    }

    public void List<T>(IReadOnlyList<T> items, Action<T> write)
    {
        Int32(items.Count);
        foreach (var item in items)
            write(item);
    }
}
