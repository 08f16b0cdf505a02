namespace Mlops.Storage.PostgreSql.Tests;

[Collection(SharedServer.Name)]
public sealed class SecretTests(PostgreSqlServer server)
{
    private const string Secret = "hunter2-Geheim";

    [Fact]
    public void Options_printed_show_no_connection_string()
    {
        var options = new PostgreSqlStoreOptions { ConnectionString = $"Host=db;Password={Secret}" };
        Assert.Equal("PostgreSqlStoreOptions { Schema = mlops }", options.ToString());
    }

    [Theory]
    [InlineData($"Host=127.0.0.1;Port={Secret};Password={Secret}")]
    [InlineData($"Host=127.0.0.1;{Secret}={Secret}")]
    [InlineData($"Host=127.0.0.1;Port=1;Database=mlops;Username=ada;Password={Secret};Timeout=2")]
    [InlineData($"Host=no-such-host.invalid;Database=mlops;Username=ada;Password={Secret};Timeout=2")]
    [InlineData($"Password={Secret}")]
    public async Task OpenAsync_that_fails_tells_no_password(string connectionString)
    {
        var options = new PostgreSqlStoreOptions { ConnectionString = connectionString, ReconnectTimeout = TimeSpan.Zero };
        var error = await Assert.ThrowsAnyAsync<Exception>(() => PostgreSqlMetadataStore.OpenAsync(options));
        Assert.True(error is StorageUnavailableException or ArgumentException, error.ToString());
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [SkippableTheory]
    [InlineData("Username=nobody")]
    [InlineData("Database=nothing")]
    public async Task OpenAsync_that_is_refused_says_what_to_do_and_tells_no_password(string change)
    {
        server.Require();
        var options = server.Options("mlops") with { ConnectionString = $"{server.ConnectionString};Password={Secret};{change}" };
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => PostgreSqlMetadataStore.OpenAsync(options));
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("correct", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Info_names_host_and_database_and_no_user()
    {
        server.Require();
        var schema = PostgreSqlServer.NewSchema();
        var options = server.Options(schema) with { ConnectionString = $"{server.ConnectionString};Password={Secret}" };
        await using var store = await PostgreSqlMetadataStore.OpenAsync(options);
        Assert.Equal($"postgres://127.0.0.1:{server.Port}/mlops?schema={schema}", store.Info.Location);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Team")]
    [InlineData("1st")]
    [InlineData("a.b; DROP TABLE x")]
    public async Task OpenAsync_odd_schema_is_refused(string schema)
    {
        var options = new PostgreSqlStoreOptions { ConnectionString = "Host=db", Schema = schema };
        await Assert.ThrowsAsync<ArgumentException>(() => PostgreSqlMetadataStore.OpenAsync(options));
    }
}
