namespace Mlops.Storage.S3.Tests;

/// <summary>The tests that share one server, each with a prefix of its own.</summary>
[CollectionDefinition(Name)]
public sealed class SharedServer : ICollectionFixture<CephServer>
{
    public const string Name = "shared server";
}
