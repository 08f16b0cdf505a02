namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>The tests that share one server, each in a schema of its own.</summary>
[CollectionDefinition(Name)]
public sealed class SharedServer : ICollectionFixture<PostgreSqlServer>
{
    public const string Name = "shared server";
}
