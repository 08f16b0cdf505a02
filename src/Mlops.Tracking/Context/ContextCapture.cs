using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Captures the context of a client's runs. What is the same for the whole process is found out once, in the background; so a run
/// mostly has its context the moment it starts. Other providers are asked for each run, and what they tell follows. Thread-safe.
/// </summary>
internal sealed class ContextCapture
{
    // what is there by then is written, so that a process that dies before a slow provider answers loses little
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, bool> _written = new(StringComparer.Ordinal);
    private readonly IdGenerator _ids;
    private readonly ILogger _logger;
    private readonly Task<CapturedPart>[] _ofProcess = [];
    private readonly ContextProviderCall[] _ofRuns = [];
    private volatile ContextSet? _atStart;

    public ContextCapture(RunContextOptions options, IdGenerator ids, ILogger logger)
    {
        _ids = ids;
        _logger = logger;
        if (!options.IsOn)
            return;
        var noRun = new RunContextInput(default, "", "");
        _ofProcess =
        [
            .. BuiltInContext.Create(options).Select(p => new ContextProviderCall(p, options.Bound, logger))
                .Select(c => c.TryAnswer() is { } known ? Task.FromResult(known) : c.AskAsync(noRun)),
        ];
        _ofRuns = [.. options.Providers.Where(p => !options.Off.Contains(p.Name)).Select(p => new ContextProviderCall(p, options.Bound, logger))];
        Process = FindOutAsync();
    }

    /// <summary>The context that a run can have the moment it starts; null if it is not known yet or there is none.</summary>
    public ContextSet? AtStart => _atStart;

    /// <summary>Ends once <see cref="AtStart"/> is known, within the bound of the options.</summary>
    public Task Process { get; } = Task.CompletedTask;

    /// <summary>
    /// Finds out the rest of a run's context and writes it. It ends within the bound of the options, and never fails.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="hasStart">Whether the run has <see cref="AtStart"/> already.</param>
    /// <param name="write">Writes a context into the journal.</param>
    public Task CompleteAsync(RunContextInput run, bool hasStart, Action<ContextSet> write) =>
        _ofRuns.Length == 0 && (hasStart || _ofProcess.Length == 0) ? Task.CompletedTask : Task.Run(() => AskAsync(run, hasStart, write));

    private async Task FindOutAsync()
    {
        if (_ofProcess.Length > 0)
            _atStart = Set(await Task.WhenAll(_ofProcess).ConfigureAwait(false));
    }

    private async Task AskAsync(RunContextInput run, bool hasStart, Action<ContextSet> write)
    {
        try
        {
            Task<CapturedPart>[] ofRun = [.. _ofRuns.Select(c => c.AskAsync(run))];
            Task<CapturedPart>[] asked = [.. _ofProcess, .. ofRun];
            var all = Task.WhenAll(asked);
            await Task.WhenAny(all, Task.Delay(FirstPatience)).ConfigureAwait(false);
            if (!all.IsCompleted && (hasStart ? ofRun : asked).Any(t => t.IsCompletedSuccessfully))
                write(Set(await Task.WhenAll(asked.Where(t => t.IsCompletedSuccessfully)).ConfigureAwait(false)));
            write(Set(await all.ConfigureAwait(false)));
        }
        catch (Exception e)
        {
            // whoever ends the run waits for this, and must not fail by it
            TrackingLog.ContextFailed(_logger, "context", e.Message, e);
        }
    }

    private ContextSet Set(CapturedPart[] parts) => new(CapturedPart.Fitting(parts, _logger), _ids, _written);
}
