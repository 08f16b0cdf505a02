using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Mlops.MicrosoftML.Tests;

/// <summary>An estimator that no library knows.</summary>
internal sealed class StrangeTrainer(MLContext ml) : IEstimator<ITransformer>
{
    public bool IsBroken { get; init; }

    public ITransformer Fit(IDataView input)
    {
        var copy = ml.Transforms.CopyColumns("Strange", nameof(Sample.Size)).Fit(input);
        return IsBroken ? new Broken(copy) : copy;
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) =>
        ml.Transforms.CopyColumns("Strange", nameof(Sample.Size)).GetOutputSchema(inputSchema);

    private sealed class Broken(ColumnCopyingTransformer inner) : ITransformer
    {
        public bool IsRowToRowMapper => throw new NotImplementedException("not today");

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inner.GetOutputSchema(inputSchema);

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotImplementedException("not today");

        public IDataView Transform(IDataView input) => inner.Transform(input);

        void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotImplementedException("not today");
    }
}
