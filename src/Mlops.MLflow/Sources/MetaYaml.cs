using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Mlops.MLflow;

/// <summary>The scalars at the top of a <c>meta.yaml</c>, and those of a mapping there as <c>mapping.key</c>; what is nested deeper is skipped.</summary>
internal static class MetaYaml
{
    private const int Deepest = 32;

    /// <exception cref="InvalidDataException">The file is not a mapping in YAML.</exception>
    public static IReadOnlyDictionary<string, string?> Read(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            var parser = new Parser(reader);
            parser.Consume<StreamStart>();
            parser.Consume<DocumentStart>();
            parser.Consume<MappingStart>();
            Dictionary<string, string?> values = new(StringComparer.Ordinal);
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.Consume<Scalar>().Value;
                if (!parser.TryConsume<MappingStart>(out _))
                {
                    Keep(key);
                    continue;
                }

                while (!parser.TryConsume<MappingEnd>(out _))
                    Keep($"{key}.{parser.Consume<Scalar>().Value}");
            }

            return values;

            void Keep(string key)
            {
                if (parser.TryConsume<Scalar>(out var scalar))
                    values[key] = IsNull(scalar) ? null : scalar.Value;
                else
                    Skip(parser);
            }
        }
        catch (YamlException e)
        {
            throw new InvalidDataException($"is not the YAML of MLflow (line {e.Start.Line}: {e.Message})", e);
        }
    }

    // each level costs the parser more than the one before; nothing that MLflow writes goes so deep
    private static void Skip(Parser parser)
    {
        var depth = 0;
        do
        {
            depth += parser.Consume<ParsingEvent>().NestingIncrease;
            if (depth > Deepest)
                throw new InvalidDataException($"is not the YAML of MLflow: it has more than {Deepest} levels");
        }
        while (depth > 0);
    }

    private static bool IsNull(Scalar scalar) =>
        scalar is { Style: ScalarStyle.Plain, Value: "" or "~" or "null" or "Null" or "NULL" };
}
