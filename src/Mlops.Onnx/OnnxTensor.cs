namespace Mlops.Onnx;

/// <summary>An input or output of an ONNX graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ElementType">Its element type as .NET names it, such as <c>Single</c> or <c>Int64</c>; for what is no tensor, what it is.</param>
/// <param name="Shape">
/// Each dimension as a number, as a name such as <c>batch</c>, or as <c>?</c> where the graph leaves it open. Empty for a scalar and
/// for what is no tensor.
/// </param>
public sealed record OnnxTensor(string Name, string ElementType, IReadOnlyList<string> Shape);
