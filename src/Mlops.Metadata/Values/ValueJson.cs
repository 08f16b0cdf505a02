using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Mlops.Metadata;

/// <summary>Rich values as JSON: names in camel case, NaN and infinities as texts.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TableValue))]
[JsonSerializable(typeof(Histogram))]
[JsonSerializable(typeof(ConfusionMatrix))]
[JsonSerializable(typeof(RocCurve))]
[JsonSerializable(typeof(PrecisionRecallCurve))]
[JsonSerializable(typeof(CalibrationCurve))]
internal sealed partial class ValueJson : JsonSerializerContext
{
    public static T Read<T>(ReadOnlyMemory<byte> bytes, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(bytes.Span, type) ?? throw new JsonException("It is null.");

    public static ReadOnlyMemory<byte> Write<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(value, type);
}
