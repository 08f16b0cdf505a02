using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>What the record of a run is to hold.</summary>
internal sealed class RunFields
{
    // what MLflow said last: only when it says something else does its word go before what was done here meanwhile
    private const string StageInMlflow = "mlflow_lifecycle";
    private readonly List<PendingField> _fields = [];
    private readonly List<LongText> _longTexts = [];
    private readonly SourceRun _run;
    private readonly RecordSnapshot? _target;
    private readonly Tally _tally;

    /// <param name="run">The run in MLflow.</param>
    /// <param name="target">Its record here, if there is one.</param>
    /// <param name="experiment">Its experiment here.</param>
    /// <param name="now">When a run starts that has neither start nor end.</param>
    /// <param name="tally">Where it counts what no field can hold.</param>
    public RunFields(SourceRun run, RecordSnapshot? target, ExperimentId experiment, DateTimeOffset now, Tally tally)
    {
        (_run, _target, _tally) = (run, target, tally);
        if (target is null)
        {
            var parent = RunId.TryParse(run.Tags.GetValueOrDefault("mlflow.parentRunId"), null, out var id) && id != run.Id ? id : (RunId?)null;

            // the order of runs is that of their start: one without would be seen nowhere
            Add(RunRecord.Foreign(experiment, Name(), run.Start ?? run.End ?? now, parent));
        }

        Add(RunRecord.ForeignState(run.Status, run.End));
        var stage = run.IsDeleted ? LifecycleStage.Deleted : LifecycleStage.Active;
        if (Add(Stage(stage)))
            Add(RunRecord.Staged(run.Id, stage).Fields);
        foreach (var (key, value) in run.Params)
            AddText("parameter", "params", key, value, tally.Params, RunRecord.Param);
        foreach (var (key, value) in run.Tags)
        {
            if (!AddText("tag", "tags", key, value, tally.Tags, RunRecord.Tag) || key is not ("mlflow.note.content" or "mlflow.runName"))
                continue;
            if (key == "mlflow.runName" && target is not null)
                Add([RunRecord.Named(Name())]);
            else if (key == "mlflow.note.content")
                Add([RunRecord.Noted(value.Length <= EntityText.MaxValueLength ? value : LongText.Of("tags", key, value).Pointer)]);
        }
    }

    public IReadOnlyList<PendingField> All => _fields;

    /// <summary>Values that the fields only point to.</summary>
    public IReadOnlyList<LongText> LongTexts => _longTexts;

    /// <summary>The field that says how MLflow has an experiment or run.</summary>
    public static FieldWrite Stage(LifecycleStage stage) =>
        FieldWrite.Set(StageInMlflow, FieldValue.Text(stage == LifecycleStage.Deleted ? "deleted" : "active"));

    /// <summary>Whether MLflow has said before how it has a record.</summary>
    public static bool HasStage(RecordSnapshot record) => record.Find(StageInMlflow) is not null;

    private void Add(IEnumerable<FieldWrite> writes)
    {
        foreach (var write in writes)
            Add(write);
    }

    /// <summary>True if the field has to be written.</summary>
    private bool Add(FieldWrite write, Tally.Counter? counter = null)
    {
        var holds = PendingField.Holds(_target, write);

        // the first value of a write-once field stays
        var isNew = !holds && (write.Mode != FieldWriteMode.Once || _target?.Find(write.Name) is null);
        _fields.Add(new PendingField(write, counter, isNew));
        return isNew;
    }

    private bool AddText(string kind, string folder, string key, string value, Tally.Counter counter, Func<string, string, FieldWrite> create)
    {
        try
        {
            EntityText.Key(kind, key);
            if (value.Length > EntityText.MaxValueLength)
            {
                var text = LongText.Of(folder, key, value);
                _longTexts.Add(text);
                value = text.Pointer;
            }

            return Add(create(key, EntityText.Value(kind, key, value)), counter);
        }
        catch (ArgumentException e)
        {
            _tally.Refuse(counter, _run.Place, e.Message);
            return false;
        }
    }

    private string Name()
    {
        try
        {
            return EntityText.Name("run", _run.Name);
        }
        catch (ArgumentException e)
        {
            _tally.Report(_run.Place, $"{e.Message} The run is named by its id here.");
            return _run.Id.ToString();
        }
    }
}
