using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Tracking;

namespace Mlops.Storage.PostgreSql.Tests.Team;

/// <summary>A client whose metadata are in PostgreSQL behind a line that can fail, with objects and journal in folders here.</summary>
internal sealed class TeamRig : IAsyncDisposable
{
    private readonly PostgreSqlServer _server;
    private readonly string _schema = PostgreSqlServer.NewSchema();
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-team-").FullName;

    public TeamRig(PostgreSqlServer server, string? disk = null)
    {
        _server = server;
        Disk = disk ?? _folder;
        Proxy = new FlakyProxy(server.Port);
    }

    public FlakyProxy Proxy { get; }

    /// <summary>Where journal and objects are.</summary>
    public string Disk { get; }

    public string JournalPath => Path.Combine(Disk, "journal");

    /// <summary>The way through the line that can fail.</summary>
    public MlopsOptions Options => new MlopsOptions
    {
        DrainInterval = TimeSpan.FromMilliseconds(20),
        FlushBound = TimeSpan.FromMilliseconds(300),
        JournalPath = JournalPath,
    }.UsePostgreSql(_server.Options(_schema) with
    {
        ConnectionString = _server.ConnectionString.Replace($"Port={_server.Port}", $"Port={Proxy.Port}", StringComparison.Ordinal),
        ReconnectTimeout = TimeSpan.FromMilliseconds(100),
        BusyTimeout = TimeSpan.FromSeconds(2),
    }).UseFolderObjects(Path.Combine(Disk, "objects"));

    /// <summary>The way straight to the server, as another machine goes it.</summary>
    public MlopsOptions Direct => new MlopsOptions { JournalPath = Path.Combine(_folder, "another machine") }
        .UsePostgreSql(_server.Options(_schema))
        .UseFolderObjects(Path.Combine(Disk, "objects"));

    public static async Task DrainAsync(MlopsClient client)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await client.FlushAsync(patience.Token)).Pending > 0)
        {
        }
    }

    public static async Task<double[]> ValuesAsync(MlopsClient client, RunId run, string metric) =>
        [.. (await client.Runs.ReadMetricAsync(run, metric)).Select(p => p.Value)];

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
