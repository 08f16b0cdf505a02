namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>The batches that most tests here send.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static Batch Batch(params RecordChange[] changes) => new() { Actor = "ada", ClientTime = Start, Changes = changes };

    public static RecordChange Create(RecordId id, params FieldWrite[] fields) =>
        new() { Id = id, Kind = "run", Mode = ChangeMode.Create, Action = "run.created", Fields = fields };

    public static RecordChange Update(RecordId id, params FieldWrite[] fields) =>
        new() { Id = id, Kind = "run", Mode = ChangeMode.Update, Action = "run.changed", Fields = fields };

    public static SeriesAppend Points(RecordId owner, string name, int count)
    {
        var steps = Enumerable.Range(0, count).Select(i => (long)i).ToArray();
        return new SeriesAppend(owner, name, SeriesColumns.OfNumbers(steps, steps, steps.Select(s => s * 0.5).ToArray()));
    }
}
