using Microsoft.Extensions.Logging;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Asks one provider: off the caller's thread, up to a bound, whatever it throws. A call that has not come back by then is left
/// behind, and the provider is not asked again before it has. Thread-safe.
/// </summary>
internal sealed class ContextProviderCall(IRunContextProvider provider, TimeSpan bound, ILogger logger)
{
    private const int MostCharacters = 4_000;
    private const int MostValues = 500;
    private const int MostTableCharacters = 100_000;
    private volatile Task? _hanging;

    public string Provider => provider.Name;

    /// <summary>What is known without asking; null if it must be asked.</summary>
    public CapturedPart? TryAnswer() =>
        provider is ProcessProvider { Known: { } known } ? new CapturedPart(Provider, Clean(known)) : null;

    public async Task<CapturedPart> AskAsync(RunContextInput run)
    {
        if (_hanging is { IsCompleted: false })
            return Fail("It still has not answered an earlier call.", null);
        using var enough = new CancellationTokenSource();
        var call = Task.Run(() => provider.CaptureAsync(run, enough.Token), CancellationToken.None);
        try
        {
            return new CapturedPart(Provider, Clean(await call.WaitAsync(bound, CancellationToken.None).ConfigureAwait(false)));
        }
        catch (TimeoutException e) when (!call.IsCompleted)
        {
            _hanging = call;
            await enough.CancelAsync().ConfigureAwait(false);
            return Fail($"It has not answered within {bound.TotalSeconds:0.##} s.", e);
        }
        catch (Exception e)
        {
            return Fail(Shorten(Redactor.Redact($"{e.GetType().Name}: {e.Message}")), e);
        }
    }

    private static IReadOnlyList<RunContextValue> Clean(IReadOnlyList<RunContextValue> values)
    {
        if (values.Count > MostValues)
            throw new InvalidOperationException($"It told {values.Count} values; at most {MostValues} are kept. Many belong into a table.");
        return [.. values.Select(Clean)];
    }

    private static RunContextValue Clean(RunContextValue value)
    {
        if (value.Rows is { } rows)
        {
            var clean = rows.ToDictionary(r => r.Key, r => Shorten(Redactor.Redact(r.Key, r.Value)), StringComparer.Ordinal);
            return clean.Sum(r => r.Key.Length + r.Value.Length) <= MostTableCharacters
                ? RunContextValue.Table(value.Name, clean)
                : throw new InvalidOperationException($"The table '{value.Name}' has more than {MostTableCharacters} characters; log it as an artifact.");
        }

        return value.Value is { Type: FieldType.Text, AsNumber: null } text
            ? RunContextValue.Text(value.Name, Shorten(Redactor.Redact(value.Name[(value.Name.LastIndexOf('.') + 1)..], text.AsText)))
            : value;
    }

    private static string Shorten(string text) =>
        text.Length <= MostCharacters ? text : text[..(char.IsHighSurrogate(text[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters)] + "…";

    private CapturedPart Fail(string problem, Exception? exception)
    {
        TrackingLog.ContextFailed(logger, Provider, problem, exception);
        return new CapturedPart(Provider, [], problem);
    }
}
