using Microsoft.ML.OnnxRuntime;

namespace Mlops.Onnx;

/// <summary>What an ONNX model says about itself.</summary>
/// <param name="Inputs">The inputs, in the order of the graph.</param>
/// <param name="Outputs">The outputs, in the order of the graph.</param>
/// <param name="Opsets">The version of each operator set, by its domain; the standard one is <c>ai.onnx</c>.</param>
/// <param name="IrVersion">The version of the file format.</param>
/// <param name="Producer">What wrote the file, such as <c>pytorch</c>; empty if it does not say.</param>
/// <param name="ProducerVersion">Its version; empty if the file does not say.</param>
/// <param name="Graph">The name of the graph; empty if it has none.</param>
/// <param name="Metadata">What the producer added, by key.</param>
public sealed record OnnxSignature(
    IReadOnlyList<OnnxTensor> Inputs,
    IReadOnlyList<OnnxTensor> Outputs,
    IReadOnlyDictionary<string, long> Opsets,
    long IrVersion,
    string Producer,
    string ProducerVersion,
    string Graph,
    IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Reads a model, and has the runtime check that it can be run.</summary>
    /// <param name="model">The whole file, with all weights inside.</param>
    /// <param name="options">
    /// Options of the runtime, as a model with custom operators needs them; its defaults if null. The caller keeps and disposes them.
    /// </param>
    /// <exception cref="InvalidDataException">The bytes are no ONNX model that the runtime can run, or its weights lie in files of their own; the message says why.</exception>
    public static OnnxSignature Read(byte[] model, SessionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (OnnxExternalData.Find(model) is { } file)
        {
            throw new InvalidDataException(
                $"The ONNX model keeps weights in a file of their own, '{file}', which would not come along. Save it with all weights inside, as with onnx.save(model, path, save_as_external_data=False).");
        }

        using var session = OpenSession(model, options);
        var header = OnnxHeader.Read(model);
        return new OnnxSignature(
            [.. session.InputNames.Select(name => Describe(name, session.InputMetadata[name]))],
            [.. session.OutputNames.Select(name => Describe(name, session.OutputMetadata[name]))],
            header.Opsets,
            header.IrVersion,
            session.ModelMetadata.ProducerName,
            header.ProducerVersion,
            session.ModelMetadata.GraphName,
            new SortedDictionary<string, string>(session.ModelMetadata.CustomMetadataMap, StringComparer.Ordinal));
    }

    internal static InferenceSession OpenSession(byte[] model, SessionOptions? options)
    {
        if (model.Length == 0)
            throw new InvalidDataException("The ONNX model is empty.");
        try
        {
            return options is null ? new InferenceSession(model) : new InferenceSession(model, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"The {model.Length:N0} bytes are no ONNX model that the runtime can run: {e.Message}", e);
        }
    }

    private static OnnxTensor Describe(string name, NodeMetadata node)
    {
        if (!node.IsTensor)
            return new OnnxTensor(name, node.OnnxValueType.ToString(), []);
        var shape = node.Dimensions.Select((size, i) => size >= 0
            ? FormattableString.Invariant($"{size}")
            : i < node.SymbolicDimensions.Length && node.SymbolicDimensions[i] is { Length: > 0 } symbol ? symbol : "?");
        return new OnnxTensor(name, node.ElementType.Name, [.. shape]);
    }
}
