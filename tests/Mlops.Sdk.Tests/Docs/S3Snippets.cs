using Microsoft.Extensions.DependencyInjection;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.S3;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>The code of docs/objects.md about S3.</summary>
internal static class S3Snippets
{
    public static void Inject(IServiceCollection services)
    {
        #region s3
        services.AddMlops(o => o
            .UsePostgreSql("Host=db;Database=mlops;Username=team")
            .UseS3Objects("s3://team-models/mlops?region=eu-central-1"));
        #endregion
    }

    public static async Task<MlopsClient> OpenAsync()
    {
        #region s3 by uri
        // MLOPS_URI=postgres://team@db/mlops?objects=s3://team-models/mlops
        var mlops = await MlopsClient.OpenAsync(new MlopsOptions().UsePostgreSql().UseS3Objects());
        #endregion

        return mlops;
    }

    public static void InjectServer(IServiceCollection services)
    {
        #region s3 of another server
        services.AddMlops(o => o.UseS3Objects(new S3ObjectStoreOptions
        {
            Bucket = "team-models",
            Prefix = "mlops",
            Endpoint = new Uri("https://s3.intern.example:9000"),
        }));
        #endregion
    }
}
