using Microsoft.Extensions.Time.Testing;

namespace Mlops.Storage.Conformance;

/// <summary>
/// What every <see cref="IMetadataStore"/> must do. A backend passes by subclassing this: <see cref="OpenAsync"/> opens the one
/// store of the test, and opens it again as another process would.
/// </summary>
public abstract partial class MetadataStoreConformance
{
    protected static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    protected FakeTimeProvider Time { get; } = new(Start);

    protected IdGenerator Ids { get; } = new(new FakeTimeProvider(Start), new Random(20260301));

    /// <summary>Opens a handle to the store of this test; it is created by the first call.</summary>
    protected abstract Task<IMetadataStore> OpenAsync(TimeProvider time);

    /// <summary>
    /// Changes what is stored behind the store's back while no handle is open; false if this backend has no way to.
    /// </summary>
    protected virtual Task<bool> TamperAsync(Tampering what) => Task.FromResult(false);

    protected Task<IMetadataStore> OpenAsync() => OpenAsync(Time);

    protected static Batch Of(params RecordChange[] changes) => new() { Actor = "ada", ClientTime = Start, Changes = changes };

    protected static Batch Of(params SeriesAppend[] appends) => new() { Actor = "ada", ClientTime = Start, Appends = appends };

    protected static Batch Of(params CellWrite[] cells) => new() { Actor = "ada", ClientTime = Start, Cells = cells };

    protected static RecordChange Create(RecordId id, params FieldWrite[] fields) => Change(ChangeMode.Create, id, fields);

    protected static RecordChange Update(RecordId id, params FieldWrite[] fields) => Change(ChangeMode.Update, id, fields);

    protected static RecordChange Change(ChangeMode mode, RecordId id, params FieldWrite[] fields) =>
        new() { Id = id, Kind = "run", Mode = mode, Action = mode == ChangeMode.Create ? "run.created" : "run.changed", Fields = fields };

    protected static FieldValue T(string text, double? number = null) => FieldValue.Text(text, number);

    protected static FieldValue N(double number) => FieldValue.Number(number);

    protected async Task<RecordId> SeedAsync(IMetadataStore store, params FieldWrite[] fields)
    {
        var id = Ids.Next();
        await store.CommitAsync(Of(Create(id, fields)));
        return id;
    }

    protected static async Task<RecordSnapshot> GetAsync(IMetadataStore store, RecordId id) =>
        await store.FindRecordAsync(id) ?? throw new InvalidOperationException($"Record {id} is missing.");

    protected static async Task<List<SeriesColumns>> ReadAsync(IMetadataStore store, RecordId owner, string name, SeriesRange? range = null)
    {
        List<SeriesColumns> pieces = [];
        await foreach (var piece in store.ReadSeriesAsync(owner, name, range ?? SeriesRange.All))
            pieces.Add(piece);
        return pieces;
    }
}
