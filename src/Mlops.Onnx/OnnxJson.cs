using System.Text.Json.Serialization;

namespace Mlops.Onnx;

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OnnxSignature))]
internal sealed partial class OnnxJson : JsonSerializerContext;
