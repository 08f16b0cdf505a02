using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Search;

/// <summary>The runs in a store and in one wide table; made once for all figures of a process, and deleted when it ends.</summary>
internal sealed class SearchStores
{
    private static readonly Lazy<Task<SearchStores>> Shared = new(CreateAsync);

    private SearchStores(RunCatalog runs, WideTable table)
    {
        Runs = runs;
        Table = table;
    }

    public RunCatalog Runs { get; }

    public WideTable Table { get; }

    public static Task<SearchStores> GetAsync() => Shared.Value;

    private static async Task<SearchStores> CreateAsync()
    {
        var workspace = new Workspace();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => workspace.Dispose();
        var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = workspace.NewPath("search.db") });
        await SearchData.StoreAsync(store, SearchData.Generate());
        var content = new ContentStore(new FolderObjectStore(workspace.NewPath("objects")), workspace.NewPath("spool"));
        var runs = new RunCatalog(new MetadataContext(store, content, "figures", TimeProvider.System));
        return new SearchStores(runs, new WideTable(workspace.NewPath("wide.db"), SearchData.Generate()));
    }
}
