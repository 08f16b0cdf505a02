using System.Text.Json.Serialization;

namespace Mlops.MicrosoftML;

[JsonSourceGenerationOptions(
    WriteIndented = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TrainingRecord))]
[JsonSerializable(typeof(ModelSignature))]
internal sealed partial class MicrosoftMLJson : JsonSerializerContext;
