using System.Globalization;
using Microsoft.Extensions.Logging;
using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>
/// Asks one provider: off the caller's thread, up to a bound, whatever it throws. A call that has not come back by then is left
/// behind, and the provider is not asked again before it has. Thread-safe.
/// </summary>
internal sealed class ContextProviderCall(IRunContextProvider provider, TimeSpan bound, ILogger logger)
{
    private volatile Task? _hanging;

    public string Provider => provider.Name;

    /// <summary>What is known without asking; null if it must be asked.</summary>
    public CapturedPart? TryAnswer() => (provider as ProcessProvider)?.Known;

    public async Task<CapturedPart> AskAsync(RunContextInput run)
    {
        if (_hanging is { IsCompleted: false })
            return Fail("It still has not answered an earlier call.", null);
        var enough = new CancellationTokenSource();
        var call = Task.Run(() => provider.CaptureAsync(run, enough.Token), CancellationToken.None);
        try
        {
            var told = await call.WaitAsync(bound, CancellationToken.None).ConfigureAwait(false);
            return TryAnswer() ?? new CapturedPart(Provider, ContextText.Clean(told));
        }
        catch (TimeoutException e) when (!call.IsCompleted)
        {
            _hanging = call;

            // not waited for: what the provider does at its cancellation may hang as well, or throw
            _ = enough.CancelAsync();
            return Fail(string.Create(CultureInfo.InvariantCulture, $"It has not answered within {bound.TotalSeconds:0.##} s."), e);
        }
        catch (Exception e)
        {
            return Fail(ContextText.Shorten(Redactor.Redact($"{e.GetType().Name}: {e.Message}")), e);
        }
    }

    private CapturedPart Fail(string problem, Exception? exception)
    {
        TrackingLog.ContextFailed(logger, Provider, problem, exception);
        return new CapturedPart(Provider, [], problem);
    }
}
