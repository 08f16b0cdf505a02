using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlops.Storage;

namespace Mlops.Onnx.Tests;

public sealed class RunOnnxTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task LogOnnxModelAsync_model_isLoadedAgainAndPredicts()
    {
        await using var mlops = await _store.OpenAsync();
        await using var run = await mlops.StartRunAsync("onnx");
        var signature = await run.LogOnnxModelAsync(_store.Write("tiny.onnx", TinyModel.Identity()));
        await run.CompleteAsync();

        Assert.Equal(("x", "Single"), (signature.Inputs.Single().Name, signature.Inputs.Single().ElementType));
        Assert.Equal(["batch", "3"], signature.Inputs.Single().Shape);
        Assert.Equal(("y", "Single"), (signature.Outputs.Single().Name, signature.Outputs.Single().ElementType));
        Assert.Equal((8, "by hand", "1.2", "tiny"), (signature.IrVersion, signature.Producer, signature.ProducerVersion, signature.Graph));
        Assert.Equal(new KeyValuePair<string, long>("ai.onnx", 13), signature.Opsets.Single());
        Assert.Equal("ops", signature.Metadata["team"]);

        var stored = await mlops.Runs.GetAsync(run.Id);
        Assert.Equal(("by hand", "ai.onnx 13"), (stored.Tags["onnx.producer"], stored.Tags["onnx.opset"]));
        Assert.Equal(["model/model.onnx", "model/signature.json"], (await mlops.Runs.ListArtifactsAsync(run.Id)).Select(a => a.Path.Value).Order());
        using StreamReader text = new(await mlops.Runs.OpenArtifactAsync(run.Id, "model/signature.json"));
        Assert.Contains("\"elementType\": \"Single\"", await text.ReadToEndAsync(), StringComparison.Ordinal);

        using var session = await mlops.Runs.LoadOnnxModelAsync(run.Id);
        float[] numbers = [1, 2, 3];
        using var outputs = session.Run([NamedOnnxValue.CreateFromTensor("x", new DenseTensor<float>(numbers, [1, 3]))]);
        Assert.Equal(numbers, outputs.Single().AsEnumerable<float>());
    }

    [Fact]
    public async Task LogOnnxModelAsync_options_areThoseOfTheCheck()
    {
        await using var mlops = await _store.OpenAsync();
        await using var run = await mlops.StartRunAsync("onnx");
        var optimized = _store.PathOf("optimized.onnx");
        using SessionOptions options = new() { OptimizedModelFilePath = optimized };
        await run.LogOnnxModelAsync(_store.Write("tiny.onnx", TinyModel.Identity()), options: options);
        Assert.True(File.Exists(optimized)); // the runtime wrote it, as it was told
    }

    [Fact]
    public async Task LogOnnxModelAsync_inAStep_isItsOutput()
    {
        await using var mlops = await _store.OpenAsync();
        await using var run = await mlops.StartRunAsync("onnx");
        await run.StepAsync("export", (step, token) => step.LogOnnxModelAsync(_store.Write("tiny.onnx", TinyModel.Identity()), cancellationToken: token));
        await run.CompleteAsync();
        var export = Assert.Single(await mlops.Runs.ListStepsAsync(run.Id));
        Assert.Equal(["model/model.onnx", "model/signature.json"], export.Outputs.Select(o => o.Name));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(40)]
    [InlineData(90)]
    public async Task LogOnnxModelAsync_truncated_saysSoAndLogsNothing(int length)
    {
        await using var mlops = await _store.OpenAsync();
        await using var run = await mlops.StartRunAsync("onnx");
        var file = _store.Write("broken.onnx", TinyModel.Identity()[..length]);
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => run.LogOnnxModelAsync(file));
        Assert.Contains("broken.onnx", error.Message, StringComparison.Ordinal);
        await run.CompleteAsync();
        Assert.Empty(await mlops.Runs.ListArtifactsAsync(run.Id));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LogOnnxModelAsync_weightsInAFileOfTheirOwn_saysSoAndLogsNothing(bool isInCurrentDirectory)
    {
        const string Weights = "weights-beside-the-model.bin";
        await using var mlops = await _store.OpenAsync();
        await using var run = await mlops.StartRunAsync("onnx");

        // there the runtime finds it, and the model would run here and nowhere else
        if (isInCurrentDirectory)
            await File.WriteAllBytesAsync(Weights, new byte[3 * sizeof(float)]);
        try
        {
            var error = await Assert.ThrowsAsync<InvalidDataException>(() => run.LogOnnxModelAsync(_store.Write("split.onnx", TinyModel.AddOf(Weights))));
            Assert.Contains("split.onnx", error.Message, StringComparison.Ordinal);
            Assert.Contains($"'{Weights}'", error.Message, StringComparison.Ordinal);
            Assert.Contains("all weights inside", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(Weights);
        }

        await run.CompleteAsync();
        Assert.Empty(await mlops.Runs.ListArtifactsAsync(run.Id));
    }

    [Fact]
    public async Task LogOnnxModelAsync_otherFile_isAnError()
    {
        await using var mlops = await _store.OpenAsync();
        await using var run = await mlops.StartRunAsync("onnx");
        await Assert.ThrowsAsync<InvalidDataException>(() => run.LogOnnxModelAsync(_store.Write("a.txt", "not a model"u8.ToArray())));
        await Assert.ThrowsAsync<FileNotFoundException>(() => run.LogOnnxModelAsync(Path.Combine(Path.GetTempPath(), "there-is-no.onnx")));
        await Assert.ThrowsAsync<ArgumentException>(() => run.LogOnnxModelAsync(_store.Write("b.onnx", TinyModel.Identity()), "../model"));
    }

    [Fact]
    public async Task LoadOnnxModelAsync_noModel_isNotFound()
    {
        await using var mlops = await _store.OpenAsync();
        await using var run = await mlops.StartRunAsync("onnx");
        await run.CompleteAsync();
        await Assert.ThrowsAsync<NotFoundException>(() => mlops.Runs.LoadOnnxModelAsync(run.Id));
    }
}
