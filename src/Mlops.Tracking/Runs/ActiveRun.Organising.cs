using Mlops.Metadata;

namespace Mlops.Tracking;

public sealed partial class ActiveRun
{
    /// <summary>Gives the run another name, 1 to 500 characters.</summary>
    /// <exception cref="ArgumentException">The name is not allowed.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public ActiveRun SetName(string name)
    {
        ThrowIfClosed();
        var field = RunRecord.Named(name);
        _tracker.WriteFields(this, [field]);
        Name = name;
        return this;
    }

    /// <summary>Sets the notes, at most 65,536 characters of Markdown; an empty text removes them.</summary>
    /// <exception cref="ArgumentException">The text is too long.</exception>
    /// <exception cref="InvalidOperationException">The run has ended or was deleted.</exception>
    public ActiveRun SetNotes(string notes)
    {
        ThrowIfClosed();
        _tracker.WriteFields(this, [RunRecord.Noted(notes)]);
        return this;
    }

    /// <summary>Starts a run that is a part of this one, in the same experiment. It has an end of its own.</summary>
    /// <param name="options">Name, tags and parameters; the parent is this run.</param>
    /// <param name="cancellationToken">Cancels before the run starts.</param>
    /// <exception cref="InvalidOperationException">This run has ended or was deleted.</exception>
    public Task<ActiveRun> StartChildAsync(RunOptions? options = null, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        return _tracker.StartRunAsync(Experiment, (options ?? new RunOptions()) with { Parent = Id }, cancellationToken);
    }
}
