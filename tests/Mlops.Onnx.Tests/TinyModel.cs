using System.Text;

namespace Mlops.Onnx.Tests;

/// <summary>The bytes of a model that gives back what it gets, laid down field by field as protocol buffers.</summary>
internal static class TinyModel
{
    public static byte[] Identity() =>
    [
        .. Number(1, 8), // ir_version
        .. Text(2, "by hand"), // producer_name
        .. Text(3, "1.2"), // producer_version
        .. Message(7, [.. Message(1, [.. Text(1, "x"), .. Text(2, "y"), .. Text(4, "Identity")]), .. Text(2, "tiny"), .. Value(11, "x"), .. Value(12, "y")]),
        .. Message(8, Number(2, 13)), // opset_import
        .. Message(14, [.. Text(1, "team"), .. Text(2, "ops")]), // metadata_props
    ];

    /// <summary>A model that adds three numbers, which lie in a file beside it.</summary>
    public static byte[] AddOf(string file) =>
    [
        .. Number(1, 8),
        .. Message(
            7,
            [
                .. Message(1, [.. Text(1, "x"), .. Text(1, "w"), .. Text(2, "y"), .. Text(4, "Add")]),
                .. Text(2, "tiny"),

                // TensorProto: dims, data_type, name, external_data, data_location
                .. Message(5, [.. Number(1, 3), .. Number(2, 1), .. Text(8, "w"), .. Message(13, [.. Text(1, "location"), .. Text(2, file)]), .. Number(14, 1)]),
                .. Value(11, "x"),
                .. Value(12, "y"),
            ]),
        .. Message(8, Number(2, 13)),
    ];

    // ValueInfoProto: a tensor of floats (elem_type 1), shape [batch, 3]
    private static byte[] Value(int field, string name) =>
        Message(field, [.. Text(1, name), .. Message(2, Message(1, [.. Number(1, 1), .. Message(2, [.. Message(1, Text(2, "batch")), .. Message(1, Number(1, 3))])]))]);

    private static byte[] Number(int field, byte value) => [(byte)(field << 3), value];

    private static byte[] Text(int field, string value) => Message(field, Encoding.UTF8.GetBytes(value));

    private static byte[] Message(int field, byte[] content) =>
        [(byte)((field << 3) | 2), .. content.Length < 128 ? (byte[])[(byte)content.Length] : [(byte)(content.Length | 128), (byte)(content.Length >> 7)], .. content];
}
