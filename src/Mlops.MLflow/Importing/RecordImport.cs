using System.Text;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>Brings experiments, and keeps registered models, versions and data sets as records for who will read them.</summary>
internal sealed class RecordImport(MetadataContext context, Tally tally)
{
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

        var key = new RecordKey(ExperimentRecord.Kind, experiment.Name);
        var target = await context.Store.FindRecordAsync(key, cancellationToken).ConfigureAwait(false);
        var id = target?.Id ?? context.Ids.Next();
        var fields = Fields(experiment).Where(f => target?.Find(f.Name) is not { } there || !there.IsSame(f.Values[0])).ToList();
        if (target is null && experiment.IsDeleted)
            fields.AddRange(ExperimentRecord.Staged(new ExperimentId(id), LifecycleStage.Deleted).Fields);
        if (target is not null && fields.Count == 0)
        {
            tally.Experiments.Present++;
            return new ExperimentId(id);
        }

        await context.CommitAsync(
            [new RecordChange
            {
                Id = id,
                Kind = ExperimentRecord.Kind,
                Mode = target is null ? ChangeMode.Create : ChangeMode.Update,
                Key = experiment.Name,
                Action = "experiment.imported",
                Fields = fields,
            }],
            cancellationToken).ConfigureAwait(false);
        tally.Experiments.Taken++;
        return new ExperimentId(id);
    }

    /// <summary>Keeps a record, or brings the one with its key up to date.</summary>
    public async Task TakeAsync(SourceRecord record, CancellationToken cancellationToken)
    {
        var target = await context.Store.FindRecordAsync(new RecordKey(record.Kind, record.Key), cancellationToken).ConfigureAwait(false);
        var body = Encoding.UTF8.GetBytes(record.Body.ToJsonString());
        if (target is not null && target.Body.Span.SequenceEqual(body))
        {
            tally.Records.Present++;
            return;
        }

        await context.CommitAsync(
            [new RecordChange
            {
                Id = target?.Id ?? context.Ids.Next(),
                Kind = record.Kind,
                Mode = target is null ? ChangeMode.Create : ChangeMode.Update,
                Key = record.Key,
                Action = $"{record.Kind}.imported",
                Body = body,
                Fields = record.Run is { } run ? [FieldWrite.Set("run", FieldValue.Reference(run.Value))] : [],
            }],
            cancellationToken).ConfigureAwait(false);
        tally.Records.Taken++;
    }

    private IEnumerable<FieldWrite> Fields(SourceExperiment experiment)
    {
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
