using System.Collections.Concurrent;
using System.Data;
using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>The connections to one store, and what is the same for all of them.</summary>
internal sealed class Database : IAsyncDisposable
{
    private const int StatementsPrepared = 100;
    private const int OldestKnown = 13;
    private const int LongestConnectSeconds = 15;
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(250);

    private readonly NpgsqlDataSource _source;
    private readonly ConcurrentDictionary<string, string> _sql = new(StringComparer.Ordinal);
    private readonly string? _schema;

    public Database(PostgreSqlStoreOptions options)
    {
        Options = options;
        _schema = options.Schema == "mlops" ? null : $"\"{options.Schema}\".";
        var builder = Parse(options.ConnectionString);
        if (!builder.ShouldSerialize("Timeout"))
            builder.Timeout = (int)Math.Clamp(Math.Ceiling(options.ReconnectTimeout.TotalSeconds), 1, LongestConnectSeconds);
        CommandSeconds = (int)Math.Ceiling(options.CommandTimeout.TotalSeconds);
        Location = LocationOf(builder, options.Schema);
        _source = new NpgsqlDataSourceBuilder(builder.ConnectionString).Build();
    }

    /// <summary>Where the store of these options is, without user and password.</summary>
    public static string LocationOf(PostgreSqlStoreOptions options) => LocationOf(Parse(options.ConnectionString), options.Schema);

    public PostgreSqlStoreOptions Options { get; }

    /// <summary>Host and database, for messages; without user and password.</summary>
    public string Location { get; }

    public int CommandSeconds { get; }

    public NameCache Names { get; } = new();

    /// <summary>The statement with the schema of this store. Only constants of this assembly come here.</summary>
    public string Sql(string sql) =>
        _schema is null ? sql : _sql.GetOrAdd(sql, static (text, schema) => text.Replace("mlops.", schema, StringComparison.Ordinal), _schema);

    /// <summary>Known after the first connection: CockroachDB says its version in a parameter of its own.</summary>
    public bool IsCockroach { get; private set; }

    /// <summary>Whether the server is one whose plans and settings are known: PostgreSQL 13 or newer.</summary>
    public bool IsPostgreSql { get; private set; }

    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        NpgsqlConnection connection;
        try
        {
            connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException e) when (e.InnerException is TimeoutException && !PostgreSqlFailure.IsPoolExhausted(e))
        {
            // a statement that takes too long says the same, but then the server is there
            throw new IOException(e.Message, e);
        }

        IsCockroach = connection.PostgresParameters.ContainsKey("crdb_version");
        IsPostgreSql = !IsCockroach && connection.PostgreSqlVersion.Major >= OldestKnown;
        return connection;
    }

    /// <summary>
    /// Runs a reading, again while the server is away and the time for that is not over. What <paramref name="read"/> returned
    /// before an error is forgotten.
    /// </summary>
    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    try
                    {
                        return await read(connection).ConfigureAwait(false);
                    }
                    catch (InvalidOperationException e) when (IsBroken(connection))
                    {
                        throw new IOException("The connection broke between two round trips.", e);
                    }
                }
            }
            catch (Exception e) when (PostgreSqlFailure.IsAway(e) && Stopwatch.GetElapsedTime(started) < Options.ReconnectTimeout)
            {
                await DelayAsync(attempt, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgreSqlFailure.IsOfDatabase(e))
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw PostgreSqlFailure.Translate(e, this);
            }
        }
    }

    /// <summary>
    /// Whether a connection broke. One that did so at the end of a round says so only at the next, and as if the caller had closed
    /// it.
    /// </summary>
    public static bool IsBroken(NpgsqlConnection connection) => connection.FullState is ConnectionState.Closed or ConnectionState.Broken;

    /// <summary>Waits a little and at random, so that processes that wait for each other do not stay in step.</summary>
    public static Task DelayAsync(int attempt, CancellationToken cancellationToken)
    {
        var most = Math.Min(LongestDelay.TotalMilliseconds, 4 * Math.Pow(1.6, attempt));
        return Task.Delay(TimeSpan.FromMilliseconds(1 + (Random.Shared.NextDouble() * most)), cancellationToken);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static string LocationOf(NpgsqlConnectionStringBuilder builder, string schema) =>
        string.Create(CultureInfo.InvariantCulture, $"postgres://{HostOf(builder)}:{builder.Port}/{builder.Database}")
        + (schema == "mlops" ? "" : $"?schema={schema}");

    // a name in whatever case is one host, and one journal; a folder of sockets is a path
    private static string? HostOf(NpgsqlConnectionStringBuilder builder) =>
        builder.Host is ['/' or '@', ..] ? builder.Host : builder.Host?.ToLowerInvariant();

    private static NpgsqlConnectionStringBuilder Parse(string text)
    {
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            // the cause may quote the text, and with it a password
            throw new ArgumentException("The connection string is not one that Npgsql reads, such as 'Host=db;Database=mlops;Username=team'.");
        }

        if (string.IsNullOrWhiteSpace(builder.Host))
            throw new ArgumentException("The connection string names no Host.");
        if (string.IsNullOrWhiteSpace(builder.Database))
            builder.Database = builder.Username ?? "postgres";

        // a dead peer is noticed in about a minute; statements that return are prepared
        builder.PersistSecurityInfo = false;
        builder.IncludeErrorDetail = false;
        builder.ApplicationName ??= "mlops";

        // nothing here outlives its transaction, so a connection needs no washing
        builder.NoResetOnClose = true;

        // a commit is a transaction of its own, whatever scope its caller is in, and of one connection
        builder.Enlist = false;
        builder.Multiplexing = false;
        if (!builder.TcpKeepAlive)
        {
            builder.TcpKeepAlive = true;
            builder.TcpKeepAliveTime = 30;
            builder.TcpKeepAliveInterval = 10;
        }

        if (!builder.Keys.Cast<string>().Contains("Max Auto Prepare", StringComparer.OrdinalIgnoreCase))
            builder.MaxAutoPrepare = StatementsPrepared;
        return builder;
    }
}
