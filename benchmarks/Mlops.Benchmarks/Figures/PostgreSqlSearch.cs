using Mlops.Benchmarks.Baselines;
using Mlops.Benchmarks.Search;

namespace Mlops.Benchmarks.Figures;

/// <summary>The two questions by a metric on PostgreSQL, against the wide table there; the slower counts.</summary>
internal sealed class PostgreSqlSearch() : Search("pg-search", 3, ByMetric(0.01, whole: false), ByMetric(0.5, whole: false))
{
    private PostgreSqlServer? _server;
    private SearchStores? _stores;

    public override string? Missing => _server is null ? PostgreSqlServer.Missing : null;

    public override async ValueTask DisposeAsync()
    {
        if (_stores is not null)
            await _stores.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override async Task<SearchStores?> OpenAsync(Workspace workspace)
    {
        _server = await PostgreSqlServer.StartAsync();
        return _stores = _server is null ? null : await SearchStores.CreateAsync(_server, workspace);
    }
}
