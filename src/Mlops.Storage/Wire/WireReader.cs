using System.Buffers.Binary;
using System.Text;

namespace Mlops.Storage;

/// <summary>
/// Reads what <see cref="WireWriter"/> wrote. Anything else ends in <see cref="IntegrityException"/>, never in a wrong answer
/// that is longer than its source.
/// </summary>
internal sealed class WireReader(ReadOnlyMemory<byte> source, string what)
{
    private ReadOnlyMemory<byte> _rest = source;

    public int Remaining => _rest.Length;

    public byte Byte() => Take(1)[0];

    public bool Bool() => Byte() != 0;

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public double Double() => BitConverter.Int64BitsToDouble(Int64());

    public byte[] Bytes() => Take(Int32()).ToArray();

    public string Text() => Encoding.UTF8.GetString(Take(Int32()));

    public RecordId Id() => RecordId.Read(Take(RecordId.SizeBytes));

    public Digest Digest() => Storage.Digest.Read(Take(Storage.Digest.SizeBytes));

    public T[] List<T>(Func<T> read)
    {
        var count = Int32();

        // every item takes at least a byte, so a count beyond the rest is damage and must not be allocated
        if (count < 0 || count > _rest.Length)
            throw Damaged();
        var items = new T[count];
        for (var i = 0; i < count; i++)
            items[i] = read();
        return items;
    }

    public void End()
    {
        if (_rest.Length != 0)
            throw Damaged();
    }

    public IntegrityException Damaged() => new($"The bytes of a {what} are damaged or of an unknown version.");

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length < 0 || length > _rest.Length)
            throw Damaged();
        var taken = _rest.Span[..length];
        _rest = _rest[length..];
        return taken;
    }
}
