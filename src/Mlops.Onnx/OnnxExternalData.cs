using System.Text;

namespace Mlops.Onnx;

/// <summary>
/// Finds tensors whose values lie in a file beside the model, wherever the format allows a tensor: the runtime looks for that file in the
/// current directory if it is given bytes, so that a model would seem whole that is not.
/// </summary>
internal static class OnnxExternalData
{
    // the runtime takes nothing that is deeper
    private const int Deepest = 100;
    private const long ExternalLocation = 1;

    private enum Part
    {
        Model,
        Graph,
        Node,
        Attribute,
        Function,
        Training,
        SparseTensor,
        Tensor,
    }

    /// <summary>The name of such a file as the model says it; null if there is none, and of bytes that are no model.</summary>
    public static string? Find(ReadOnlySpan<byte> model)
    {
        try
        {
            return Find(model, Part.Model, 0);
        }
        catch (InvalidDataException)
        {
            // the runtime says better what is wrong with them
            return null;
        }
    }

    private static string? Find(ReadOnlySpan<byte> message, Part part, int depth)
    {
        if (part == Part.Tensor)
            return FindOfTensor(message);
        string? found = null;
        while (found is null && depth < Deepest && OnnxHeader.Next(ref message, out var field, out _, out var bytes))
        {
            if (Below(part, field) is { } below)
                found = Find(bytes, below, depth + 1);
        }

        return found;
    }

    private static Part? Below(Part part, long field) => (part, field) switch
    {
        (Part.Model, 7) => Part.Graph,
        (Part.Model, 20) => Part.Training,
        (Part.Model, 25) => Part.Function,
        (Part.Training, 1 or 2) => Part.Graph,
        (Part.Function, 7) => Part.Node,
        (Part.Graph, 1) => Part.Node,
        (Part.Graph, 5) => Part.Tensor,
        (Part.Graph, 15) => Part.SparseTensor,
        (Part.Node, 5) => Part.Attribute,
        (Part.Attribute, 5 or 10) => Part.Tensor,
        (Part.Attribute, 6 or 11) => Part.Graph,
        (Part.Attribute, 22 or 23) => Part.SparseTensor,
        (Part.SparseTensor, 1 or 2) => Part.Tensor,
        _ => null,
    };

    private static string? FindOfTensor(ReadOnlySpan<byte> tensor)
    {
        var (isExternal, file) = (false, "?");
        while (OnnxHeader.Next(ref tensor, out var field, out var number, out var bytes))
        {
            if (field == 14)
                isExternal = number == ExternalLocation;
            else if (field == 13 && ReadEntry(bytes) is ("location", var location))
                file = location;
        }

        return isExternal ? file : null;
    }

    private static (string Key, string Value) ReadEntry(ReadOnlySpan<byte> entry)
    {
        var (key, value) = ("", "");
        while (OnnxHeader.Next(ref entry, out var field, out _, out var bytes))
        {
            if (field == 1)
                key = Encoding.UTF8.GetString(bytes);
            else if (field == 2)
                value = Encoding.UTF8.GetString(bytes);
        }

        return (key, value);
    }
}
