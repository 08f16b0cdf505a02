using System.Text.Json;
using Microsoft.ML;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.MicrosoftML;

/// <summary>ML.NET models as artifacts of runs.</summary>
public static class RunModelExtensions
{
    /// <summary>The file of the model in its folder.</summary>
    public const string ModelFile = "model.zip";

    /// <summary>The file beside it with input and output columns.</summary>
    public const string SignatureFile = "signature.json";

    /// <summary>
    /// Saves a model as <see cref="ModelFile"/> and <see cref="SignatureFile"/> in one folder of the run. The zip is written with
    /// fixed times and sorted entries and not compressed, which the store does, so equal models are equal content and stored once; the
    /// tag <c>mlnet.model.digest</c> holds a digest of what is inside the last one that was logged.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="mlContext">The context.</param>
    /// <param name="model">The fitted pipeline.</param>
    /// <param name="inputSchema">The columns that the model is given: those of the training data.</param>
    /// <param name="folder">The logical folder in the run.</param>
    /// <param name="cancellationToken">Cancels; then nothing or only the zip is logged.</param>
    /// <returns>The digest.</returns>
    /// <exception cref="ArgumentException">The folder is not allowed as an <see cref="ArtifactPath"/>.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted, or the model cannot be saved.</exception>
    /// <exception cref="StorageUnavailableException">The object store takes nothing.</exception>
    public static Task<string> LogModelAsync(
        this ActiveRun run, MLContext mlContext, ITransformer model, DataViewSchema inputSchema, string folder = "model",
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        return LogAsync(run, run.LogArtifactAsync, mlContext, model, inputSchema, folder, cancellationToken);
    }

    /// <summary>The same, with both files as outputs of a step.</summary>
    /// <exception cref="InvalidOperationException">The step or the run has ended, or the run was deleted, or the model cannot be saved.</exception>
    /// <inheritdoc cref="LogModelAsync(ActiveRun, MLContext, ITransformer, DataViewSchema, string, CancellationToken)"/>
    public static Task<string> LogModelAsync(
        this ActiveStep step, MLContext mlContext, ITransformer model, DataViewSchema inputSchema, string folder = "model",
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(step);
        return LogAsync(step.Run, step.LogArtifactAsync, mlContext, model, inputSchema, folder, cancellationToken);
    }

    /// <summary>Loads a model that <c>LogModelAsync</c> has logged; its bytes are checked against their digest.</summary>
    /// <param name="runs">The catalog, such as <c>mlops.Runs</c>.</param>
    /// <param name="mlContext">The context.</param>
    /// <param name="run">The run.</param>
    /// <param name="folder">The logical folder in the run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="NotFoundException">There is no such run, or no model in the folder.</exception>
    /// <exception cref="IntegrityException">The bytes are not those that were logged.</exception>
    public static async Task<ITransformer> LoadModelAsync(
        this RunCatalog runs, MLContext mlContext, RunId run, string folder = "model", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentNullException.ThrowIfNull(mlContext);
        var stored = await runs.OpenArtifactAsync(run, $"{folder}/{ModelFile}", cancellationToken).ConfigureAwait(false);
        await using (stored.ConfigureAwait(false))
        {
            using MemoryStream zip = new();
            await stored.CopyToAsync(zip, cancellationToken).ConfigureAwait(false);
            zip.Position = 0;
            return mlContext.Model.Load(zip, out _);
        }
    }

    private static async Task<string> LogAsync(
        ActiveRun run, Func<Stream, string, CancellationToken, Task> log, MLContext mlContext, ITransformer model, DataViewSchema inputSchema,
        string folder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(inputSchema);
        ArtifactPath.Parse($"{folder}/{SignatureFile}");
        var (zip, digest) = await Task.Run(() => Save(mlContext, model, inputSchema), cancellationToken).ConfigureAwait(false);
        ModelSignature signature = new("ML.NET", SchemaColumn.Of(inputSchema), SchemaColumn.Of(model.GetOutputSchema(inputSchema)), digest);

        await log(zip, $"{folder}/{ModelFile}", cancellationToken).ConfigureAwait(false);
        using MemoryStream text = new(JsonSerializer.SerializeToUtf8Bytes(signature, MicrosoftMLJson.Default.ModelSignature));
        await log(text, $"{folder}/{SignatureFile}", cancellationToken).ConfigureAwait(false);
        run.SetTag("mlnet.model.digest", digest);
        return digest;
    }

    private static (MemoryStream Zip, string Digest) Save(MLContext mlContext, ITransformer model, DataViewSchema inputSchema)
    {
        using MemoryStream saved = new();
        mlContext.Model.Save(model, inputSchema, saved);
        saved.Position = 0;
        var zip = ModelZip.Normalise(saved);
        var digest = ModelZip.Digest(zip);
        zip.Position = 0;
        return (zip, digest);
    }
}
