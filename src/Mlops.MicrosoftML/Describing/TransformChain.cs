using Microsoft.ML;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;

namespace Mlops.MicrosoftML;

/// <summary>The steps of a fitted pipeline in order, with the columns each reads and makes.</summary>
internal sealed class TransformChain
{
    private TransformChain(IReadOnlyList<TransformStep> steps, DataViewSchema output, (ITransformer Predictor, DataViewSchema Input)? last)
    {
        Steps = steps;
        Output = output;
        Predictor = last?.Predictor;
        PredictorInput = last?.Input;
    }

    public IReadOnlyList<TransformStep> Steps { get; }

    public DataViewSchema Output { get; }

    /// <summary>The last step that predicts from one feature column; null if none does. A calibrator behind it only maps its score.</summary>
    public ITransformer? Predictor { get; }

    /// <summary>What the predictor reads.</summary>
    public DataViewSchema? PredictorInput { get; }

    public string? FeatureColumn => (Predictor as ISingleFeaturePredictionTransformer<object>)?.FeatureColumnName;

    public static TransformChain Of(ITransformer model, DataViewSchema input)
    {
        List<TransformStep> steps = [];
        (ITransformer, DataViewSchema)? predictor = null;
        var schema = input;
        foreach (var transformer in Flatten(model))
        {
            if (transformer is ISingleFeaturePredictionTransformer<object> { Model: not ICalibrator })
                predictor = (transformer, schema);
            steps.Add(Describe(transformer, schema, out schema));
        }

        return new TransformChain(steps, schema, predictor);
    }

    /// <summary>The columns of the data, in its order, that reach the feature column.</summary>
    public IReadOnlyList<string> Features(DataViewSchema input)
    {
        if (FeatureColumn is not { } column)
            return [];
        HashSet<string> needed = new(StringComparer.Ordinal) { column };
        foreach (var step in Steps.Reverse())
        {
            // a step may overwrite a column that it reads, so outputs go before inputs come
            var made = step.Outputs.Where(output => needed.Contains(output.Name)).ToList();
            needed.ExceptWith(made.Select(output => output.Name));
            needed.UnionWith(made.SelectMany(output => output.Inputs));
        }

        return [.. input.Where(c => !c.IsHidden && needed.Contains(c.Name)).Select(c => c.Name)];
    }

    public static IEnumerable<ITransformer> Flatten(ITransformer model) =>
        model is IEnumerable<ITransformer> chain ? chain.SelectMany(Flatten) : [model];

    private static TransformStep Describe(ITransformer transformer, DataViewSchema input, out DataViewSchema output)
    {
        var mapper = transformer.IsRowToRowMapper ? transformer.GetRowToRowMapper(input) : null;
        var schema = output = mapper?.OutputSchema ?? transformer.GetOutputSchema(input);

        // a column that is overwritten stays in the schema, hidden, so its name is there once more than before
        var (before, after) = (CountNames(input), CountNames(schema));
        var made = schema.Where(c => !c.IsHidden
            && (after[c.Name] > before.GetValueOrDefault(c.Name) || input.GetColumnOrNull(c.Name)?.Type.Equals(c.Type) != true));
        return new TransformStep(
            NameOf(transformer),
            [.. made.Select(c => new OutputColumn(c.Name, c.Type.ToString()!, mapper is null ? [] : [.. mapper.GetDependencies([c]).Select(d => d.Name)]))]);
    }

    private static Dictionary<string, int> CountNames(DataViewSchema schema) => schema.CountBy(c => c.Name, StringComparer.Ordinal).ToDictionary();

    private static string NameOf(ITransformer transformer)
    {
        var name = transformer.GetType().Name.Split('`')[0];
        return transformer is ISingleFeaturePredictionTransformer<object> { Model: { } model }
            ? Bare(ModelParameters.Unwrap(model).GetType().Name.Split('`')[0], "ModelParameters")
            : Bare(name, "Transformer");
    }

    private static string Bare(string name, string ending) =>
        name.Length > ending.Length && name.EndsWith(ending, StringComparison.Ordinal) ? name[..^ending.Length] : name;
}
