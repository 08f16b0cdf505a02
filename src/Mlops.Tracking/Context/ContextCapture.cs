using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Captures the context of a client's runs. What is the same for the whole process is found out once, in the background; so a run
/// mostly has its context the moment it starts. Other providers are asked for each run, and what they tell follows, however late
/// while the run is open. Thread-safe.
/// </summary>
internal sealed class ContextCapture
{
    // what is there by then is written, so that a process that dies before a slow provider answers loses little
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, bool> _written = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<RunId, TaskCompletionSource> _open = new();
    private readonly TimeSpan _bound;
    private readonly IdGenerator _ids;
    private readonly ILogger _logger;
    private readonly Task<CapturedPart>[] _ofProcess = [];
    private readonly ContextProviderCall[] _ofRuns = [];

    // of what belongs to the process, that which had not answered within the bound
    private readonly ConcurrentDictionary<Task<CapturedPart>, CapturedPart> _late = new();
    private readonly Task _process = Task.CompletedTask;
    private volatile ContextSet? _atStart;

    public ContextCapture(RunContextOptions options, IdGenerator ids, ILogger logger)
        : this(options, BuiltInContext.Create(options), ids, logger)
    {
    }

    internal ContextCapture(RunContextOptions options, IEnumerable<IRunContextProvider> ofProcess, IdGenerator ids, ILogger logger)
    {
        _ids = ids;
        _logger = logger;
        _bound = options.Bound;
        if (!options.IsOn)
            return;
        var noRun = new RunContextInput(default, "", "");
        var never = new TaskCompletionSource().Task;
        ContextProviderCall[] calls = [.. ofProcess.Select(p => new ContextProviderCall(p, _bound, logger))];
        _ofProcess = Array.ConvertAll(calls, c => c.TryAnswer() is { } known ? Task.FromResult(known) : c.AskAsync(noRun, never));
        _ofRuns = [.. options.Providers.Where(p => !options.Off.Contains(p.Name)).Select(p => new ContextProviderCall(p, _bound, logger))];
        if (calls.Length > 0)
            _process = FindOutAsync(calls);
    }

    /// <summary>The context that a run can have the moment it starts; null if it is not known yet or there is none.</summary>
    public ContextSet? AtStart => _atStart;

    /// <summary>
    /// Finds out the rest of a run's context and writes it. It ends once all have answered, else within the bound of the options or when
    /// the run ends (<see cref="End"/>), whichever is later; and never fails.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="start">The <see cref="AtStart"/> that the run has; null if it has none.</param>
    /// <param name="write">Writes a context into the journal.</param>
    public Task CompleteAsync(RunContextInput run, ContextSet? start, Action<ContextSet> write)
    {
        // in this order: what came late is in the set before it is no longer late
        var hasProcess = _ofProcess.Length == 0 || (_late.IsEmpty && start is not null && start == _atStart);
        if (_ofRuns.Length == 0 && hasProcess)
            return Task.CompletedTask;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[run.Id] = ended;
        return Task.Run(() => AskAsync(run, hasProcess, ended.Task, write));
    }

    /// <summary>Says that a run is ending: who has not answered it within the bound will not be waited for any more.</summary>
    public void End(RunId run)
    {
        if (_open.TryRemove(run, out var ended))
            ended.TrySetResult();
    }

    private async Task FindOutAsync(ContextProviderCall[] calls)
    {
        var all = Task.WhenAll(_ofProcess);
        if (!all.IsCompleted)
            await Task.WhenAny(all, Task.Delay(_bound)).ConfigureAwait(false);
        for (var i = 0; i < calls.Length; i++)
        {
            if (!_ofProcess[i].IsCompleted)
                _late[_ofProcess[i]] = calls[i].NotYet();
        }

        _atStart = Set(_ofProcess);
        if (!_late.IsEmpty)
            _ = FollowAsync(all);
    }

    // runs that start later have what came late from the start
    private async Task FollowAsync(Task all)
    {
        while (!_late.IsEmpty)
        {
            await Task.WhenAny([all, .. _late.Keys]).ConfigureAwait(false);
            _atStart = Set(_ofProcess);
            foreach (var answered in _late.Keys.Where(t => t.IsCompleted))
                _late.TryRemove(answered, out _);
        }
    }

    private async Task AskAsync(RunContextInput run, bool hasProcess, Task ended, Action<ContextSet> write)
    {
        try
        {
            var giveUp = Task.WhenAll(ended, Task.Delay(_bound));
            Task<CapturedPart>[] ofRun = [.. _ofRuns.Select(c => c.AskAsync(run, giveUp))];
            Task<CapturedPart>[] asked = [.. _ofProcess, .. ofRun];
            var all = Task.WhenAll(asked);
            var over = Task.WhenAny(all, Task.WhenAll([ended, _process, .. ofRun]));
            await Task.WhenAny(over, Task.Delay(FirstPatience)).ConfigureAwait(false);
            for (var written = hasProcess ? _ofProcess.Length : 0; !over.IsCompleted;)
            {
                if (asked.Count(t => t.IsCompleted) is var answered && answered > written)
                    write(Set(asked));
                written = answered;
                await Task.WhenAny([over, .. asked.Where(t => !t.IsCompleted)]).ConfigureAwait(false);
            }

            write(Set(asked));
        }
        catch (Exception e)
        {
            // whoever ends the run waits for this, and must not fail by it
            TrackingLog.ContextFailed(_logger, "context", e.Message, e);
        }
        finally
        {
            _open.TryRemove(run.Id, out _);
        }
    }

    /// <summary>What is answered, and a note on what of the process is late.</summary>
    private ContextSet Set(IEnumerable<Task<CapturedPart>> asked) => new(
        CapturedPart.Fitting(asked.Select(t => t.IsCompletedSuccessfully ? t.Result : _late.GetValueOrDefault(t)).OfType<CapturedPart>(), _logger), _ids, _written);
}
