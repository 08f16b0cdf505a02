using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Mlops.Storage;

/// <summary>A number that tells queries apart by kind, filter and order, so that no cursor continues another query.</summary>
internal static class QueryFingerprint
{
    public static ulong Of(RecordQuery query)
    {
        var text = new StringBuilder();
        Add(text, query.Kind);
        foreach (var order in query.OrderBy)
        {
            Add(text, order.By);
            text.Append(order.Descending ? 'd' : 'a');
        }

        if ((query.CursorFilter ?? query.Filter) is { } filter)
            Add(text, filter);
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static void Add(StringBuilder text, Filter filter)
    {
        text.Append('(').Append(filter.GetType().Name);
        switch (filter)
        {
            case Filter.Compare compare:
                Add(text, compare.Left);
                text.Append(CultureInfo.InvariantCulture, $"{(int)compare.Operator}");
                Add(text, compare.Right);
                break;
            case Filter.OneOf oneOf:
                Add(text, oneOf.Left);
                foreach (var value in oneOf.Values)
                    Add(text, value);
                break;
            case Filter.IsMissing missing:
                Add(text, missing.Left);
                break;
            case Filter.AllOf all:
                foreach (var term in all.Terms)
                    Add(text, term);
                break;
            case Filter.AnyOf any:
                foreach (var term in any.Terms)
                    Add(text, term);
                break;
            case Filter.Negation negation:
                Add(text, negation.Term);
                break;
        }

        text.Append(')');
    }

    private static void Add(StringBuilder text, Operand operand)
    {
        var (letter, name, detail) = operand switch
        {
            Operand.OfField field => ('f', field.Name, 0),
            Operand.OfSeries series => ('s', series.Name, (int)series.Aggregate),
            Operand.OfProperty property => ('p', "", (int)property.Name),
            _ => ('?', "", 0),
        };
        text.Append(CultureInfo.InvariantCulture, $"{letter}{detail}");
        Add(text, name);
    }

    private static void Add(StringBuilder text, FieldValue value)
    {
        text.Append(CultureInfo.InvariantCulture, $"{(int)value.Type}{value.AsNumber:R}");
        Add(text, value.Type == FieldType.Time ? value.AsMicroseconds.ToString(CultureInfo.InvariantCulture) : value.ToString());
    }

    // the length before each text keeps neighbours apart
    private static void Add(StringBuilder text, string part) => text.Append(CultureInfo.InvariantCulture, $"[{part.Length}:{part}]");
}
