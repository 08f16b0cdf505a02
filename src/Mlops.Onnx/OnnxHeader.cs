using System.Text;

namespace Mlops.Onnx;

/// <summary>
/// The fields of a <c>ModelProto</c> that the runtime does not show. The file is protocol buffers: fields of a number and a wire
/// type, of which those that are not asked for are skipped by their length.
/// </summary>
internal sealed record OnnxHeader(long IrVersion, string ProducerVersion, IReadOnlyDictionary<string, long> Opsets)
{
    private const int Varint = 0;
    private const int Eight = 1;
    private const int Length = 2;
    private const int Four = 5;

    public static OnnxHeader Read(ReadOnlySpan<byte> model)
    {
        var (version, producer) = (0L, "");
        SortedDictionary<string, long> opsets = new(StringComparer.Ordinal);
        while (Next(ref model, out var field, out var number, out var bytes))
        {
            switch (field)
            {
                case 1:
                    version = number;
                    break;
                case 3:
                    producer = Encoding.UTF8.GetString(bytes);
                    break;
                case 8:
                    var (domain, opset) = ReadOpset(bytes);
                    opsets[domain] = opset;
                    break;
            }
        }

        return new OnnxHeader(version, producer, opsets);
    }

    private static (string Domain, long Version) ReadOpset(ReadOnlySpan<byte> message)
    {
        var (domain, version) = ("", 0L);
        while (Next(ref message, out var field, out var number, out var bytes))
        {
            if (field == 1)
                domain = Encoding.UTF8.GetString(bytes);
            else if (field == 2)
                version = number;
        }

        return (domain.Length == 0 ? "ai.onnx" : domain, version);
    }

    /// <summary>Takes the next field of a message; false at its end.</summary>
    internal static bool Next(ref ReadOnlySpan<byte> rest, out long field, out long number, out ReadOnlySpan<byte> bytes)
    {
        (field, number) = (0, 0);
        bytes = default;
        if (rest.IsEmpty)
            return false;
        var key = ReadVarint(ref rest);
        field = key >> 3;
        switch (key & 7)
        {
            case Varint:
                number = ReadVarint(ref rest);
                return true;
            case Length:
                bytes = Take(ref rest, ReadVarint(ref rest));
                return true;
            case Eight:
                Take(ref rest, 8);
                return true;
            case Four:
                Take(ref rest, 4);
                return true;
            default:
                throw new InvalidDataException($"The ONNX file has a field of the unknown wire type {key & 7}.");
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, long length)
    {
        if (length < 0 || length > rest.Length)
            throw Ended();
        var taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }

    private static long ReadVarint(ref ReadOnlySpan<byte> rest)
    {
        var value = 0UL;
        for (var i = 0; i < 10 && i < rest.Length; i++)
        {
            value |= (ulong)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] >= 0x80)
                continue;
            rest = rest[(i + 1)..];
            return (long)value;
        }

        throw Ended();
    }

    private static InvalidDataException Ended() => new("The ONNX file ends within a field.");
}
