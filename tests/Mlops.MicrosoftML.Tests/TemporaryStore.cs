using System.Text.Json;
using Mlops.Metadata;
using Mlops.Sdk;

namespace Mlops.MicrosoftML.Tests;

/// <summary>A store that goes away with the test, and what a run in it looks like afterwards.</summary>
internal sealed class TemporaryStore : IAsyncDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("mlops-mlnet-").FullName;

    private TemporaryStore(MlopsClient client) => Client = client;

    public MlopsClient Client { get; private set; }

    public static async Task<TemporaryStore> OpenAsync()
    {
        TemporaryStore store = new(null!);
        store.Client = await MlopsClient.OpenAsync(new MlopsOptions { Path = Path.Combine(store._path, ".mlops") });
        return store;
    }

    /// <summary>Runs the body as one run, and reads back what it recorded.</summary>
    public async Task<Run> RecordAsync(Func<Tracking.ActiveRun, Task> body)
    {
        RunId id = default;
        await Client.RunAsync("mlnet", async run =>
        {
            id = run.Id;
            await body(run);
        });
        return await Client.Runs.GetAsync(id);
    }

    /// <summary>The same, with what the body returned.</summary>
    public async Task<(Run Run, T Result)> RecordResultAsync<T>(Func<Tracking.ActiveRun, Task<T>> body)
    {
        T result = default!;
        var run = await RecordAsync(async run => result = await body(run));
        return (run, result);
    }

    public async Task<JsonElement> ReadJsonAsync(RunId run, string path)
    {
        await using var stream = await Client.Runs.OpenArtifactAsync(run, path);
        return (await JsonDocument.ParseAsync(stream)).RootElement;
    }

    /// <summary>The last value of a key.</summary>
    public async Task<T> ReadValueAsync<T>(RunId run, RichValueKind kind, string key)
        where T : RichValue
    {
        LoggedValue? last = null;
        await foreach (var value in Client.Runs.StreamValuesAsync(run, kind, key))
            last = value;
        return Assert.IsType<T>(await Client.Runs.ReadValueAsync(last!.Value));
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        Directory.Delete(_path, recursive: true);
    }
}
