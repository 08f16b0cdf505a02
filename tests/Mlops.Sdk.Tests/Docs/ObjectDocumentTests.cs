using Microsoft.Extensions.DependencyInjection;
using Mlops.Storage;

namespace Mlops.Sdk.Tests.Docs;

public sealed class ObjectDocumentTests
{
    [Fact]
    public void Azure_isWiredWithoutTouchingAServer()
    {
        var services = new ServiceCollection();
        ObjectSnippets.InjectAzure(services);
        Assert.Contains(services, d => d.ServiceType == typeof(MlopsClient));
    }

    [Fact]
    public void Azure_clientOfTheCaller_isThatContainer()
    {
        IStorageOptions options = ObjectSnippets.WithAzureClient();
        Assert.Equal("azblob://account/container/flights", options.Objects!.Open(TimeProvider.System).Location);
    }
}
