using Microsoft.Extensions.Logging;
using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>
/// Asks one provider: off the caller's thread, whatever it throws. While a call takes longer than a bound the provider is not asked
/// again. Thread-safe.
/// </summary>
internal sealed class ContextProviderCall(IRunContextProvider provider, TimeSpan bound, ILogger logger)
{
    private volatile Task? _slow;

    public string Provider => provider.Name;

    /// <summary>What is known without asking; null if it must be asked.</summary>
    public CapturedPart? TryAnswer() => (provider as ProcessProvider)?.Known;

    /// <summary>Asks. A call that has not come back when <paramref name="giveUp"/> ends is cancelled and left behind.</summary>
    public async Task<CapturedPart> AskAsync(RunContextInput run, Task giveUp)
    {
        if (_slow is { IsCompleted: false })
            return Fail("It still has not answered an earlier call.");
        var enough = new CancellationTokenSource();
        var call = Task.Run(() => provider.CaptureAsync(run, enough.Token), CancellationToken.None);
        try
        {
            if (await Task.WhenAny(call, Task.Delay(bound, CancellationToken.None)).ConfigureAwait(false) != call)
                _slow = call;
            await Task.WhenAny(call, giveUp).ConfigureAwait(false);
            if (call.IsCompleted)
            {
                var told = await call.ConfigureAwait(false);
                return TryAnswer() ?? new CapturedPart(Provider, ContextText.Clean(told));
            }

            // not waited for: what the provider does at its cancellation may hang as well, or throw
            _ = enough.CancelAsync();
            return Fail("It had not answered when the run ended.");
        }
        catch (Exception e)
        {
            return Fail(ContextText.Shorten(Redactor.Redact($"{e.GetType().Name}: {e.Message}")), e);
        }
    }

    /// <summary>What stands for an answer that is still awaited.</summary>
    public CapturedPart NotYet() => Fail("It has not answered yet.");

    private CapturedPart Fail(string problem, Exception? exception = null)
    {
        TrackingLog.ContextFailed(logger, Provider, problem, exception);
        return new CapturedPart(Provider, [], problem);
    }
}
