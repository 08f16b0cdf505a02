using Mlops.Storage;

namespace Mlops.Metadata;

public sealed partial class RunCatalog
{
    /// <summary>The checkpoints of a run that are kept, by key, then step; <see cref="ModelCheckpoint.Best"/> finds the best of one key.</summary>
    /// <exception cref="ArgumentException">The id is <c>default</c>.</exception>
    public async Task<IReadOnlyList<ModelCheckpoint>> ListCheckpointsAsync(RunId run, CancellationToken cancellationToken = default)
    {
        List<ModelCheckpoint> found = [];
        var query = ArtifactsOf(run, path: null, limit: 1000);
        query = query with
        {
            Filter = new Filter.AllOf([query.Filter!, new Filter.Negation(new Filter.IsMissing(Operand.Field(ArtifactRecord.CheckpointKey)))]),
        };
        do
        {
            var page = await _store.QueryAsync(query, cancellationToken).ConfigureAwait(false);
            found.AddRange(page.Records.Select(ModelCheckpoint.Read).OfType<ModelCheckpoint>());
            query = query with { Cursor = page.Next };
        }
        while (query.Cursor is not null);
        return [.. found.OrderBy(c => c.Key, StringComparer.Ordinal).ThenBy(c => c.Step).ThenBy(c => c.File.Id.Value)];
    }
}
