using Mlops.Benchmarks.Baselines;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Search;

/// <summary>The runs in a store and in one wide table beside it; made once for all figures of a process, and deleted when it ends.</summary>
internal sealed class SearchStores : IAsyncDisposable
{
    private static readonly Lazy<Task<SearchStores>> Sqlite = new(CreateAsync);

    private readonly IMetadataStore _store;

    private SearchStores(IMetadataStore store, Workspace workspace, IWideTable table)
    {
        _store = store;
        var content = new ContentStore(new FolderObjectStore(workspace.NewPath("objects")), workspace.NewPath("spool"));
        Runs = new RunCatalog(new MetadataContext(store, content, "figures", TimeProvider.System));
        Table = table;
    }

    public RunCatalog Runs { get; }

    public IWideTable Table { get; }

    public static Task<SearchStores> GetAsync() => Sqlite.Value;

    /// <summary>The runs on a server.</summary>
    public static async Task<SearchStores> CreateAsync(PostgreSqlServer server, Workspace workspace)
    {
        var store = await PostgreSqlMetadataStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = server.ConnectionString });
        await SearchData.StoreAsync(store, SearchData.Generate());
        var table = await PostgreSqlWideTable.CreateAsync(server.ConnectionString, SearchData.Generate());
        return new SearchStores(store, workspace, table);
    }

    public async ValueTask DisposeAsync()
    {
        await Table.DisposeAsync();
        await _store.DisposeAsync();
    }

    private static async Task<SearchStores> CreateAsync()
    {
        var workspace = new Workspace();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => workspace.Dispose();
        var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = workspace.NewPath("search.db") });
        await SearchData.StoreAsync(store, SearchData.Generate());
        return new SearchStores(store, workspace, new WideTable(workspace.NewPath("wide.db"), SearchData.Generate()));
    }
}
