namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>The tests that share one server, each in a container of its own.</summary>
[CollectionDefinition(Name)]
public sealed class SharedServer : ICollectionFixture<AzuriteServer>
{
    public const string Name = "shared server";
}
