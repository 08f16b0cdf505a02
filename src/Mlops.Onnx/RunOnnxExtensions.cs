using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Onnx;

/// <summary>ONNX models as artifacts of runs, wherever they were trained.</summary>
public static class RunOnnxExtensions
{
    /// <summary>The file of the model in its folder.</summary>
    public const string ModelFile = "model.onnx";

    /// <summary>The file beside it with the signature as JSON.</summary>
    public const string SignatureFile = "signature.json";

    /// <summary>
    /// Logs an ONNX model as <see cref="ModelFile"/> and <see cref="SignatureFile"/> in one folder of the run, after the runtime
    /// has checked that it can be run; the tags <c>onnx.producer</c> and <c>onnx.opset</c> make it searchable.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="file">The file, with all weights inside; it is read into memory.</param>
    /// <param name="folder">The logical folder in the run.</param>
    /// <param name="options">
    /// Options of the runtime for the check, as a model with custom operators needs them; its defaults if null. The caller keeps and
    /// disposes them.
    /// </param>
    /// <param name="cancellationToken">Cancels; then nothing or only the model is logged.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no ONNX model that the runtime can run, or keeps weights in files of their own; nothing was logged.</exception>
    /// <exception cref="ArgumentException">The folder is not allowed as an <see cref="ArtifactPath"/>.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    /// <exception cref="StorageUnavailableException">The object store takes nothing.</exception>
    public static Task<OnnxSignature> LogOnnxModelAsync(
        this ActiveRun run, string file, string folder = "model", SessionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        return LogAsync(run, run.LogArtifactAsync, file, folder, options, cancellationToken);
    }

    /// <summary>The same, with both files as outputs of a step.</summary>
    /// <exception cref="InvalidOperationException">The step or the run has ended, or the run was deleted.</exception>
    /// <inheritdoc cref="LogOnnxModelAsync(ActiveRun, string, string, SessionOptions?, CancellationToken)"/>
    public static Task<OnnxSignature> LogOnnxModelAsync(
        this ActiveStep step, string file, string folder = "model", SessionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(step);
        return LogAsync(step.Run, step.LogArtifactAsync, file, folder, options, cancellationToken);
    }

    /// <summary>Opens a session on a model that was logged; its bytes are checked against their digest.</summary>
    /// <param name="runs">The catalog, such as <c>mlops.Runs</c>.</param>
    /// <param name="run">The run.</param>
    /// <param name="folder">The logical folder in the run.</param>
    /// <param name="options">Options of the runtime; its defaults if null. The caller keeps and disposes them.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The session, to be disposed by the caller.</returns>
    /// <exception cref="NotFoundException">There is no such run, or no model in the folder.</exception>
    /// <exception cref="IntegrityException">The bytes are not those that were logged.</exception>
    /// <exception cref="InvalidDataException">The model cannot be run by this version of the runtime.</exception>
    public static async Task<InferenceSession> LoadOnnxModelAsync(
        this RunCatalog runs, RunId run, string folder = "model", SessionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var stored = await runs.OpenArtifactAsync(run, $"{folder}/{ModelFile}", cancellationToken).ConfigureAwait(false);
        await using (stored.ConfigureAwait(false))
        {
            using MemoryStream bytes = new();
            await stored.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
            return OnnxSignature.OpenSession(bytes.ToArray(), options);
        }
    }

    private static async Task<OnnxSignature> LogAsync(
        ActiveRun run, Func<Stream, string, CancellationToken, Task> log, string file, string folder, SessionOptions? options,
        CancellationToken cancellationToken)
    {
        ArtifactPath.Parse($"{folder}/{SignatureFile}");
        var bytes = await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false);
        OnnxSignature signature;
        try
        {
            signature = OnnxSignature.Read(bytes, options);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{file}' was not logged to run {run.Id}. {e.Message}", e);
        }

        using MemoryStream content = new(bytes, writable: false);
        await log(content, $"{folder}/{ModelFile}", cancellationToken).ConfigureAwait(false);
        using MemoryStream text = new(JsonSerializer.SerializeToUtf8Bytes(signature, OnnxJson.Default.OnnxSignature));
        await log(text, $"{folder}/{SignatureFile}", cancellationToken).ConfigureAwait(false);
        run.SetTag("onnx.producer", signature.Producer);
        run.SetTag("onnx.opset", string.Join(", ", signature.Opsets.Select(o => FormattableString.Invariant($"{o.Key} {o.Value}"))));
        return signature;
    }
}
