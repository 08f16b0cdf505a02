using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>Reads and edits experiments, and finds the last and the best of their runs. Thread-safe.</summary>
public sealed partial class ExperimentCatalog
{
    private readonly MetadataContext _context;
    private readonly IMetadataStore _store;
    private readonly RunCatalog _runs;
    private readonly RunLifecycle _lifecycle;

    /// <summary>Creates a catalog over a store.</summary>
    public ExperimentCatalog(MetadataContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        _store = context.Store;
        _runs = new RunCatalog(context);
        _lifecycle = new RunLifecycle(context);
    }

    /// <summary>The experiment of this name; null if there is none.</summary>
    public async Task<Experiment?> FindAsync(string name, CancellationToken cancellationToken = default)
    {
        var key = new RecordKey(ExperimentRecord.Kind, EntityText.Name("experiment", name));
        var record = await _store.FindRecordAsync(key, cancellationToken).ConfigureAwait(false);
        return record is null ? null : Read(record);
    }

    /// <summary>The experiment of this name.</summary>
    /// <exception cref="NotFoundException">There is none.</exception>
    public async Task<Experiment> GetAsync(string name, CancellationToken cancellationToken = default) =>
        await FindAsync(name, cancellationToken).ConfigureAwait(false)
        ?? throw new NotFoundException($"Experiment '{name}' is not in the store at {_store.Info.Location}. Check the name.");

    /// <summary>The experiments in a folder and in all folders below it, by name.</summary>
    /// <param name="folder">The folder, such as <c>vision/cats</c>; empty for all experiments.</param>
    /// <param name="includeDeleted">Includes deleted ones; by default they are left out.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<Experiment>> ListAsync(
        string folder = "", bool includeDeleted = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        List<Filter> terms = [];
        if (folder.Length > 0)
        {
            // '0' is the character behind '/'
            terms.Add(new Filter.Compare(Operand.Property(RecordProperty.Key), FilterOperator.Greater, FieldValue.Text(folder + "/")));
            terms.Add(new Filter.Compare(Operand.Property(RecordProperty.Key), FilterOperator.Less, FieldValue.Text(folder + "0")));
        }

        if (!includeDeleted)
            terms.Add(new Filter.IsMissing(Operand.Field(RunRecord.Stage)));
        List<Experiment> experiments = [];
        var query = new RecordQuery
        {
            Kind = ExperimentRecord.Kind,
            Filter = new Filter.AllOf(terms),
            OrderBy = [new RecordOrder(Operand.Property(RecordProperty.Key))],
            Limit = 1000,
        };
        while (true)
        {
            var page = await _store.QueryAsync(query, cancellationToken).ConfigureAwait(false);
            experiments.AddRange(page.Records.Select(Read).Where(e => ExperimentPath.IsBelow(folder, e.Name)));
            if (page.Next is null)
                return experiments;
            query = query with { Cursor = page.Next };
        }
    }

    /// <summary>What is directly in a folder: folders and experiments. A folder is there as long as an experiment is below it.</summary>
    /// <inheritdoc cref="ListAsync"/>
    public async Task<ExperimentFolder> ListFolderAsync(
        string folder = "", bool includeDeleted = false, CancellationToken cancellationToken = default)
    {
        var below = (await ListAsync(folder, includeDeleted, cancellationToken).ConfigureAwait(false))
            .ToLookup(e => ExperimentPath.Next(folder, e.Name) ?? "");
        return new ExperimentFolder(
            folder,
            [.. below.Select(g => g.Key).Where(k => k.Length > 0).Order(StringComparer.Ordinal)],
            [.. below[""]]);
    }
}
