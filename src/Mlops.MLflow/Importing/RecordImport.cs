using System.Text;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>Keeps registered models, versions, data sets and what goes in and out of runs as records, for who will read them.</summary>
internal sealed class RecordImport(MetadataContext context, Tally tally)
{
    private const int Together = 500;
    private const string Created = "model_created";
    private readonly Dictionary<string, string> _models = new(StringComparer.Ordinal);
    private readonly HashSet<RecordKey> _seen = [];
    private readonly List<RecordChange> _changes = [];

    /// <summary>Keeps a record, or brings the one with its key up to date.</summary>
    public async Task TakeAsync(SourceRecord record, CancellationToken cancellationToken)
    {
        var key = new RecordKey(record.Kind, await KeyAsync(record, cancellationToken).ConfigureAwait(false));
        if (Refusal(key) is { } refusal)
        {
            tally.Refuse(tally.Records, record.Place, refusal);
            return;
        }

        var target = await context.Store.FindRecordAsync(key, cancellationToken).ConfigureAwait(false);
        var body = Encoding.UTF8.GetBytes(record.Body.ToJsonString());
        if (target is not null && target.Body.Span.SequenceEqual(body))
        {
            tally.Records.Present++;
            return;
        }

        _changes.Add(new RecordChange
        {
            Id = target?.Id ?? context.Ids.Next(),
            Kind = record.Kind,
            Mode = target is null ? ChangeMode.Create : ChangeMode.Update,
            Key = key.Key,
            Action = $"{record.Kind}.imported",
            Body = body,
            Fields = [.. Fields(record, key.Key)],
        });
        if (_changes.Count >= Together)
            await CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Commits what waits, and counts it.</summary>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (_changes.Count > 0)
            await context.CommitAsync([.. _changes], cancellationToken).ConfigureAwait(false);
        tally.Records.Taken += _changes.Count;
        _changes.Clear();
    }

    private static IEnumerable<FieldWrite> Fields(SourceRecord record, string key)
    {
        if (record.Run is { } run)
            yield return FieldWrite.Set("run", FieldValue.Reference(run.Value));
        if (record.Model is { } model)
        {
            yield return FieldWrite.Set("model", FieldValue.Text(key[..^(record.Key.Length - model.Length)]));
            yield return FieldWrite.Set(Created, FieldValue.Text(record.ModelCreated ?? ""));
        }
    }

    /// <summary>The key: a model of another store that has the name already gets the time of its creation behind its own.</summary>
    private async Task<string> KeyAsync(SourceRecord record, CancellationToken cancellationToken)
    {
        if (record.Model is not { Length: > 0 } model)
            return record.Key;
        if (!_models.TryGetValue(model, out var name))
        {
            var target = await context.Store.FindRecordAsync(new RecordKey("mlflow-model", model), cancellationToken).ConfigureAwait(false);
            var isOther = target?.Find(Created)?.AsText is { } created && created != (record.ModelCreated ?? "");
            _models[model] = name = isOther ? $"{model} ({record.ModelCreated})" : model;
        }

        return name + record.Key[model.Length..];
    }

    private string? Refusal(RecordKey key)
    {
        try
        {
            EntityText.Name(key.Kind, key.Key);
            return _seen.Add(key) ? null : $"The store has another record '{key.Key}'; that one was taken.";
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }
}
