using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Mlops.MicrosoftML.Tests;

/// <summary>An estimator that no library knows.</summary>
internal sealed class StrangeTrainer(MLContext ml) : IEstimator<ITransformer>
{
    /// <summary>What its model says instead of describing itself; null if it describes itself.</summary>
    public Exception? Trouble { get; init; }

    /// <summary>What happens while it trains.</summary>
    public Action Training { get; init; } = () => { };

    public ITransformer Fit(IDataView input)
    {
        Training();
        var copy = ml.Transforms.CopyColumns("Strange", nameof(Sample.Size)).Fit(input);
        return Trouble is { } trouble ? new Broken(copy, trouble) : copy;
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) =>
        ml.Transforms.CopyColumns("Strange", nameof(Sample.Size)).GetOutputSchema(inputSchema);

    private sealed class Broken(ColumnCopyingTransformer inner, Exception trouble) : ITransformer
    {
        public bool IsRowToRowMapper => throw trouble;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inner.GetOutputSchema(inputSchema);

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw trouble;

        public IDataView Transform(IDataView input) => inner.Transform(input);

        void ICanSaveModel.Save(ModelSaveContext ctx) => throw trouble;
    }
}
