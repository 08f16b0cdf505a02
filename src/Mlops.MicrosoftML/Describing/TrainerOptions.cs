using System.Collections;
using System.Globalization;
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Mlops.Metadata;

namespace Mlops.MicrosoftML;

/// <summary>
/// The hyper-parameters of a trainer. ML.NET keeps them where no public member shows them, mostly as an <c>Options</c> object, so
/// they are found by reflection and without knowing any trainer by name.
/// </summary>
internal static class TrainerOptions
{
    private const int MaxText = 1_000;
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private const BindingFlags Public = BindingFlags.Instance | BindingFlags.Public;

    public static IReadOnlyDictionary<string, object?> Of(object trainer)
    {
        SortedDictionary<string, object?> found = new(StringComparer.Ordinal);
        var fields = Fields(trainer.GetType()).Select(field => (field.Name, Value: field.GetValue(trainer))).ToList();
        foreach (var options in fields.Select(field => field.Value).Where(IsOptions).Distinct(ReferenceEqualityComparer.Instance))
            AddMembers(found, "", options!);
        foreach (var (_, value) in fields.Where(field => field.Value is not null && PipelineParts.IsTrainer(field.Value)))
        {
            found["BinaryTrainer"] = value!.GetType().Name;
            foreach (var (name, inner) in Of(value))
                found["BinaryTrainer." + name] = inner;
        }

        // k-means and PCA keep no options object, but each value in a field of its own
        if (found.Count == 0)
        {
            foreach (var (name, value) in fields.Where(field => field.Value is not null && IsPlain(field.Value.GetType())))
                Add(found, PascalCase(name), value);
        }

        return found;
    }

    /// <summary>The column that the trainer learns to predict; null if there is none.</summary>
    public static string? LabelColumn(object trainer) =>
        Fields(trainer.GetType()).FirstOrDefault(field => field.Name == "LabelColumn" && field.FieldType == typeof(SchemaShape.Column))
            ?.GetValue(trainer) is SchemaShape.Column column ? column.Name : null;

    private static IEnumerable<FieldInfo> Fields(Type type)
    {
        for (Type? at = type; at is not null && at != typeof(object); at = at.BaseType)
        {
            foreach (var field in at.GetFields(Own))
                yield return field;
        }
    }

    private static void AddMembers(SortedDictionary<string, object?> found, string prefix, object options)
    {
        foreach (var field in options.GetType().GetFields(Public))
            Add(found, prefix + field.Name, field.GetValue(options), field.FieldType);
        foreach (var property in options.GetType().GetProperties(Public).Where(p => p.CanRead && p.GetIndexParameters().Length == 0))
            Add(found, prefix + property.Name, property.GetValue(options), property.PropertyType);
    }

    private static void Add(SortedDictionary<string, object?> found, string name, object? value, Type? declared = null)
    {
        switch (value)
        {
            case null when declared is not null && Nullable.GetUnderlyingType(declared) is not null:
                found[name] = null; // left to the trainer
                break;
            case null or Delegate or IDataView or ITransformer:
                break;
            case string text:
                found[name] = EntityText.Cut(text, MaxText);
                break;
            case IEnumerable many:
                found[name] = EntityText.Cut(string.Join(',', many.Cast<object?>().Take(MaxText).Select(Text)), MaxText);
                break;
            case var options when IsOptions(options):
                AddMembers(found, name + ".", options);
                break;
            default:
                found[name] = IsPlain(value.GetType()) ? value : value.GetType().Name;
                break;
        }
    }

    private static bool IsOptions(object? value) =>
        value?.GetType() is { IsClass: true } type && type.Name.Contains("Options", StringComparison.Ordinal);

    private static bool IsPlain(Type type) => type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(decimal);

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static string PascalCase(string name)
    {
        var bare = name.TrimStart('_');
        return bare.Length == 0 ? name : char.ToUpperInvariant(bare[0]) + bare[1..];
    }
}
