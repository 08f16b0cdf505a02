namespace Mlops.Storage.PostgreSql;

/// <summary>Switches on PostgreSQL as the metadata store of a team.</summary>
public static class PostgreSqlExtensions
{
    /// <summary>
    /// Lets URIs name a PostgreSQL store: <c>MLOPS_URI=postgres://user@host/database?objects=file:///mnt/team</c>. Without such a
    /// URI everything stays as it was.
    /// </summary>
    /// <param name="options">The options.</param>
    public static TOptions UsePostgreSql<TOptions>(this TOptions options)
        where TOptions : class, IStorageOptions
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var scheme in PostgreSqlUri.Schemes)
            options.MetadataSchemes[scheme] = uri => Source(PostgreSqlUri.Parse(uri));
        return options;
    }

    /// <summary>Keeps metadata in PostgreSQL. Objects need a place of their own, such as <c>UseFolderObjects(path)</c>.</summary>
    /// <param name="options">The options.</param>
    /// <param name="connection">
    /// Npgsql's connection string, such as <c>Host=db;Database=mlops;Username=team</c>, or a URI as above. A password goes nowhere
    /// but to the server.
    /// </param>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static TOptions UsePostgreSql<TOptions>(this TOptions options, string connection)
        where TOptions : class, IStorageOptions
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connection);
        return options.UsePostgreSql(
            PostgreSqlUri.TryParse(connection) ?? new PostgreSqlStoreOptions { ConnectionString = connection });
    }

    /// <summary>Keeps metadata in PostgreSQL, with every setting.</summary>
    /// <param name="options">The options.</param>
    /// <param name="store">How to open the store; its clock is that of <paramref name="options"/>.</param>
    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public static TOptions UsePostgreSql<TOptions>(this TOptions options, PostgreSqlStoreOptions store)
        where TOptions : class, IStorageOptions
    {
        ArgumentNullException.ThrowIfNull(store);
        options.UsePostgreSql().Metadata = Source(store);
        return options;
    }

    private static MetadataStoreSource Source(PostgreSqlStoreOptions store)
    {
        store.Validate();
        return new MetadataStoreSource(
            Database.LocationOf(store),
            async (time, cancellationToken) =>
                await PostgreSqlMetadataStore.OpenAsync(store with { Time = time }, cancellationToken).ConfigureAwait(false));
    }
}
