using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Tracking;

public sealed partial class RunTracker
{
    internal ActiveStep StartStep(ActiveRun run, ActiveStep? parent, string name)
    {
        var step = new ActiveStep(this, run, new StepId(_ids.Next()), name);
        WriteStep(StepRecord.Started(step.Id, run.Id, parent?.Id, name, _options.Time.GetUtcNow()));
        return step;
    }

    internal void WriteStep(RecordChange change) => Write([change]);

    /// <summary>Writes how a step ended, also after its run: that is how it was.</summary>
    internal void EndStep(ActiveStep step, RunEnd end)
    {
        try
        {
            WriteStep(StepRecord.Ended(step.Id, end));
        }
        catch (ObjectDisposedException)
        {
            // the client is gone and the step stays without an end; what the body has to say is worth more than this
        }
    }

    /// <summary>
    /// Ends the steps that a run left without an end when it had ended: it goes on now, and they would seem to go on with it.
    /// </summary>
    private async Task EndLeftStepsAsync(Run run, CancellationToken cancellationToken)
    {
        var query = new RecordQuery { Kind = StepRecord.Kind, Filter = StepRecord.IsOpen(run.Id), Select = RecordProjection.Ids, Limit = 1000 };
        var end = new RunEnd(RunStatus.Failed, run.EndTime ?? _options.Time.GetUtcNow(), RunEnd.NotCompleted);
        do
        {
            var page = await _store.QueryAsync(query, cancellationToken).ConfigureAwait(false);
            foreach (var step in page.Records)
                WriteStep(StepRecord.Ended(new StepId(step.Id), end));
            query = query with { Cursor = page.Next };
        }
        while (query.Cursor is not null);
    }
}
