using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>Brings experiments. They are known by their names here: one whose name is here already is joined.</summary>
internal sealed class ExperimentImport(MetadataContext context, Tally tally)
{
    private readonly Dictionary<string, ExperimentId> _taken = new(StringComparer.Ordinal);

    /// <summary>Takes an experiment, or joins the one of its name; null if it cannot be taken.</summary>
    public async Task<ExperimentId?> TakeAsync(SourceExperiment experiment, CancellationToken cancellationToken)
    {
        try
        {
            EntityText.Name("experiment", experiment.Name);
        }
        catch (ArgumentException e)
        {
            tally.Refuse(tally.Experiments, experiment.Place, e.Message);
            return null;
        }

        if (_taken.TryGetValue(experiment.Name, out var known))
        {
            tally.Experiments.Present++;
            tally.Report(experiment.Place, $"Another experiment is named '{experiment.Name}' too; here they are one, and the tags of the first stay.");
            return known;
        }

        var target = await context.Store.FindRecordAsync(new RecordKey(ExperimentRecord.Kind, experiment.Name), cancellationToken).ConfigureAwait(false);
        var id = new ExperimentId(target?.Id ?? context.Ids.Next());
        var fields = Fields(experiment, id, target).Where(f => !PendingField.Holds(target, f)).ToList();
        if (target is null || fields.Count > 0)
        {
            await context.CommitAsync(
                [new RecordChange
                {
                    Id = id.Value,
                    Kind = ExperimentRecord.Kind,
                    Mode = target is null ? ChangeMode.Create : ChangeMode.Update,
                    Key = experiment.Name,
                    Action = "experiment.imported",
                    Fields = fields,
                }],
                cancellationToken).ConfigureAwait(false);
            tally.Experiments.Taken++;
        }
        else
        {
            tally.Experiments.Present++;
        }

        return _taken[experiment.Name] = id;
    }

    private IEnumerable<FieldWrite> Fields(SourceExperiment experiment, ExperimentId id, RecordSnapshot? target)
    {
        // deleting one in MLflow deletes the one here if it came from there, not one that it only joined
        var stage = experiment.IsDeleted ? LifecycleStage.Deleted : LifecycleStage.Active;
        if ((target is null || RunFields.HasStage(target)) && RunFields.Stage(stage) is var seen && !PendingField.Holds(target, seen))
        {
            yield return seen;
            foreach (var field in ExperimentRecord.Staged(id, stage).Fields)
                yield return field;
        }

        if (experiment.ArtifactLocation is { Length: > 0 } location)
            yield return FieldWrite.Set("artifact_location", FieldValue.Text(location));
        foreach (var (key, value) in experiment.Tags)
        {
            if (Tag(experiment, key, value) is { } tag)
                yield return tag;
        }
    }

    private FieldWrite? Tag(SourceExperiment experiment, string key, string value)
    {
        try
        {
            return key == "mlflow.note.content" && value.Length > 0 ? ExperimentRecord.Described(value) : ExperimentRecord.Tag(key, value);
        }
        catch (ArgumentException e)
        {
            tally.Report(experiment.Place, e.Message);
            return null;
        }
    }
}
