using Mlops.Storage;
using Xunit;

namespace Mlops.MLflow.Tests;

/// <summary>Stores with random damage: an import ends in a report or in an error that it promises.</summary>
public sealed class MutatedStoreTests
{
    private const int Mutations = 25;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Import_ofAMutatedFolder_reports(int seed)
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var random = new Random(seed);
        var files = Directory.GetFiles(stores["mlruns"], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        for (var i = 0; i < Mutations; i++)
        {
            var file = files[random.Next(files.Count)];
            var bytes = await File.ReadAllBytesAsync(file);
            await File.WriteAllBytesAsync(file, Mutate(bytes, random));
            var report = await mlops.Context.ImportMlflowAsync(stores["mlruns"], stores.Moved);
            Assert.True(report.Runs.Found <= 12, $"mutation {i} of {file}");
        }

        Assert.True((await mlops.Context.Store.VerifyAsync()).IsSound);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Import_ofAMutatedDatabase_reportsOrThrowsWhatItPromises(int seed)
    {
        using var stores = new MlflowStores();
        await using var mlops = await stores.OpenAsync();
        var random = new Random(seed);
        var whole = await File.ReadAllBytesAsync(stores["mlflow.db"]);
        for (var i = 0; i < Mutations; i++)
        {
            await File.WriteAllBytesAsync(stores["mutated.db"], Mutate([.. whole], random));
            try
            {
                await mlops.Context.ImportMlflowAsync(stores["mutated.db"], stores.Moved);
            }
            catch (Exception e) when (e is ArgumentException or IntegrityException or StorageUnavailableException)
            {
                Assert.Contains("mutated.db", e.Message, StringComparison.Ordinal);
            }
        }

        Assert.True((await mlops.Context.Store.VerifyAsync()).IsSound);
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                return bytes[..random.Next(bytes.Length + 1)];
            case 1:
                return [.. bytes, .. bytes, (byte)random.Next(256)];
            default:
                for (var i = 0; i < 3 && bytes.Length > 0; i++)
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                return bytes;
        }
    }
}
