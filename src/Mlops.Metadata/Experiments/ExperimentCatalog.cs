using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Reads experiments. Thread-safe.</summary>
public sealed partial class ExperimentCatalog
{
    private readonly IMetadataStore _store;
    private readonly TimeProvider _time;

    /// <summary>Creates a catalog over a store.</summary>
    public ExperimentCatalog(MetadataContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _store = context.Store;
        _time = context.Time;
    }

    /// <summary>The experiment of this name; null if there is none.</summary>
    public async Task<Experiment?> FindAsync(string name, CancellationToken cancellationToken = default)
    {
        var key = new RecordKey(ExperimentRecord.Kind, EntityText.Name("experiment", name));
        var record = await _store.FindRecordAsync(key, cancellationToken).ConfigureAwait(false);
        return record is null ? null : Experiment.Read(record);
    }

    /// <summary>The experiment of this name.</summary>
    /// <exception cref="NotFoundException">There is none.</exception>
    public async Task<Experiment> GetAsync(string name, CancellationToken cancellationToken = default) =>
        await FindAsync(name, cancellationToken).ConfigureAwait(false)
        ?? throw new NotFoundException($"Experiment '{name}' is not in the store at {_store.Info.Location}. Check the name.");

    /// <summary>All experiments by name.</summary>
    public async Task<IReadOnlyList<Experiment>> ListAsync(CancellationToken cancellationToken = default)
    {
        List<Experiment> experiments = [];
        var query = new RecordQuery
        {
            Kind = ExperimentRecord.Kind,
            OrderBy = [new RecordOrder(Operand.Property(RecordProperty.Key))],
            Limit = 1000,
        };
        while (true)
        {
            var page = await _store.QueryAsync(query, cancellationToken).ConfigureAwait(false);
            experiments.AddRange(page.Records.Select(Experiment.Read));
            if (page.Next is null)
                return experiments;
            query = query with { Cursor = page.Next };
        }
    }
}
