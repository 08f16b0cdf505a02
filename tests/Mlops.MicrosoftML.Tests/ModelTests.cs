using Microsoft.ML;
using Mlops.Storage;

namespace Mlops.MicrosoftML.Tests;

public sealed class ModelTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public ModelTests() => _data = _ml.Data.LoadFromEnumerable(Sample.Rows(200));

    [Fact]
    public async Task LogModelAsync_model_isLoadedAgainAndPredictsTheSame()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var model = Sample.FastTree(_ml, 5).Fit(_data);
        var digest = "";
        var run = await store.RecordAsync(async run => digest = await run.LogModelAsync(_ml, model, _data.Schema));

        Assert.Equal(digest, run.Tags["mlnet.model.digest"]);
        var signature = await store.ReadJsonAsync(run.Id, "model/signature.json");
        Assert.Equal((digest, "ML.NET"), (signature.GetProperty("digest").GetString(), signature.GetProperty("framework").GetString()));
        Assert.Contains("Colour", Names(signature, "inputs"));
        Assert.DoesNotContain("Score", Names(signature, "inputs"));
        Assert.Contains("Probability", Names(signature, "outputs"));

        var loaded = await store.Client.Runs.LoadModelAsync(_ml, run.Id);
        Assert.Equal(Scores(model), Scores(loaded));
    }

    [Fact]
    public async Task FitAsync_andLogModelAsync_inAStep_areItsOutputs()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var run = await store.RecordAsync(run => run.StepAsync("train", async (step, token) =>
        {
            var model = await step.FitAsync(Sample.FastTree(_ml, 5), _data, cancellationToken: token);
            await step.LogModelAsync(_ml, model, _data.Schema, cancellationToken: token);
        }));
        Assert.Equal("FastTreeBinaryTrainer", run.Params["trainer"]);
        Assert.Contains("mlnet.model.digest", run.Tags.Keys);
        var train = Assert.Single(await store.Client.Runs.ListStepsAsync(run.Id));
        Assert.Equal(["mlnet/training.json", "model/model.zip", "model/signature.json"], train.Outputs.Select(o => o.Name));
        Assert.NotNull(await store.Client.Runs.LoadModelAsync(_ml, run.Id));
    }

    [Fact]
    public async Task LogModelAsync_savedAtAnotherTime_isTheSameContent()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var (first, second) = (Sample.FastTree(_ml, 5).Fit(_data), Sample.FastTree(_ml, 5).Fit(_data));
        var run = await store.RecordAsync(async run =>
        {
            Assert.Equal(await run.LogModelAsync(_ml, first, _data.Schema, "first"), await run.LogModelAsync(_ml, second, _data.Schema, "second"));
        });
        var zips = (await store.Client.Runs.ListArtifactsAsync(run.Id)).Where(a => a.Path.Value.EndsWith(".zip", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, zips.Count);
        Assert.Single(zips.Select(a => a.Digest).Distinct());
    }

    [Fact]
    public void Normalise_entriesInAnotherOrderAndTime_becomeEqualBytes()
    {
        using var one = Zip(new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.Zero), "a", "b", "Ä/c");
        using var other = Zip(new DateTimeOffset(2022, 2, 3, 4, 5, 6, TimeSpan.Zero), "Ä/c", "b", "a");
        using MemoryStream first = ModelZip.Normalise(one), second = ModelZip.Normalise(other);
        Assert.Equal(first.ToArray(), second.ToArray());
        Assert.Equal(ModelZip.Digest(one), ModelZip.Digest(second));
    }

    [Fact]
    public void Digest_namesAsWindowsDividesThem_isTheSame()
    {
        using var one = Zip(default(DateTimeOffset).AddYears(2000), "a/b", "a/c/d", "a0");
        using var other = Zip(default(DateTimeOffset).AddYears(2000), "a0", "a\\b", "a\\c\\d");
        Assert.Equal(ModelZip.Digest(one), ModelZip.Digest(other));
        using MemoryStream first = ModelZip.Normalise(one), second = ModelZip.Normalise(other);
        Assert.Equal(first.ToArray(), second.ToArray());
    }

    [Fact]
    public async Task LogModelAsync_pathLeavesTheRun_isRefusedBeforeSaving()
    {
        await using var store = await TemporaryStore.OpenAsync();
        var run = await store.RecordAsync(async run =>
            await Assert.ThrowsAsync<ArgumentException>(() => run.LogModelAsync(_ml, Sample.FastTree(_ml, 5).Fit(_data), _data.Schema, "../model")));
        await Assert.ThrowsAsync<NotFoundException>(() => store.Client.Runs.LoadModelAsync(_ml, run.Id));
    }

    private IReadOnlyList<float> Scores(ITransformer model) =>
        [.. Microsoft.ML.Data.ColumnCursorExtensions.GetColumn<float>(model.Transform(_data), "Score")];

    private static List<string?> Names(System.Text.Json.JsonElement signature, string part) =>
        [.. signature.GetProperty(part).EnumerateArray().Select(c => c.GetProperty("name").GetString())];

    private static MemoryStream Zip(DateTimeOffset time, params string[] names)
    {
        MemoryStream stream = new();
        using (System.IO.Compression.ZipArchive zip = new(stream, System.IO.Compression.ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var name in names)
            {
                var entry = zip.CreateEntry(name);
                entry.LastWriteTime = time;
                using StreamWriter writer = new(entry.Open());
                writer.Write($"content of {name.Replace('\\', '/')}");
            }
        }

        stream.Position = 0;
        return stream;
    }
}
