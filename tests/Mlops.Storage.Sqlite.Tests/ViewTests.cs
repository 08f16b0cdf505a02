using System.Globalization;

namespace Mlops.Storage.Sqlite.Tests;

/// <summary>What people see with the sqlite3 tool. The fields are those of docs/storage-format.md.</summary>
public sealed class ViewTests : IDisposable
{
    private readonly TempStore _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Views_show_runs_with_params_tags_and_metrics()
    {
        await using var store = _temp.Open();
        var (run, other) = (new RecordId(0xAB), new RecordId(0xCD));
        await store.CommitAsync(Samples.Batch(
            Samples.Create(new RecordId(1)) with { Kind = "experiment", Key = "flights" },
            Samples.Create(
                run,
                FieldWrite.Set("experiment", FieldValue.Reference(new RecordKey("experiment", "flights"))),
                FieldWrite.Set("name", FieldValue.Text("brave-owl")),
                FieldWrite.Set("status", FieldValue.Text("RUNNING")),
                FieldWrite.Set("start_time", FieldValue.Time(Samples.Start)),
                FieldWrite.Set("params.lr", FieldValue.Text("0.10", 0.1)),
                FieldWrite.Set("tags.team", FieldValue.Text("ops"))),
            Samples.Create(other, FieldWrite.Set("lifecycle", FieldValue.Text("deleted")), FieldWrite.Set("parent", FieldValue.Reference(run))),
            Samples.Create(new RecordId(2), FieldWrite.Set("params.x", FieldValue.Text("1"))) with { Kind = "model" }) with
        {
            Appends = [new SeriesAppend(run, "metrics.auc", SeriesColumns.OfNumbers(new long[] { 0, 1, 2 }, new long[3], new[] { 0.5, double.NaN, 1.5 }))],
        });

        Assert.Equal(
            [$"{run}|brave-owl|flights|RUNNING|2026-03-01T12:00:00.000Z|||active", $"{other}||||||{run}|deleted"],
            Rows("run_id, name, experiment, status, start_time, end_time, parent_run_id, lifecycle", "runs ORDER BY run_id"));
        Assert.Equal([$"{run}|lr|0.10|0.1"], Rows("run_id, key, value, number", "params"));
        Assert.Equal(["team|ops"], Rows("key, value", "tags"));
        Assert.Equal(["auc|1.5|2|1970-01-01T00:00:00.000Z|0.5|0|1.5|2|3|1"], Rows("*", "metrics").ConvertAll(line => line[(line.IndexOf('|', StringComparison.Ordinal) + 1)..]));
    }

    [Fact]
    public async Task MetricPoints_showsWhatWasAskedForUntilItIsHiddenOrPurged()
    {
        await using var store = _temp.Open();
        var run = new RecordId(0xAB);
        await store.CommitAsync(Samples.Batch(Samples.Create(run)) with
        {
            Appends =
            [
                new SeriesAppend(run, "metrics.auc", SeriesColumns.OfNumbers(
                    new long[] { 0, 1, 1 }, new[] { 0, 1_500_000, 2_000_000L }, new[] { 0.5, double.NaN, double.PositiveInfinity })),
                new SeriesAppend(run, "system.cpu", SeriesColumns.OfNumbers(new long[1], new long[1], new double[1])),
            ],
        });
        Assert.Empty(Rows("*", "metric_points"));

        string[] expected = [$"{run}|auc|0|1970-01-01T00:00:00.000Z|0.5", $"{run}|auc|1|1970-01-01T00:00:01.500Z|", $"{run}|auc|1|1970-01-01T00:00:02.000Z|Infinity"];
        Assert.Equal(3, await store.ShowSeriesAsync(run, "metrics."));
        Assert.Equal(3, await store.ShowSeriesAsync(run, "metrics."));
        Assert.Equal(expected, Rows("*", "metric_points ORDER BY time"));
        Assert.Equal(4, await store.ShowSeriesAsync(run, ""));
        Assert.Equal(expected, Rows("*", "metric_points ORDER BY time"));
        Assert.Equal(0, await store.ShowSeriesAsync(run, null));
        Assert.Empty(Rows("*", "shown_points"));

        await store.ShowSeriesAsync(run, "metrics.");
        await store.CommitAsync(Samples.Batch(new RecordChange { Id = run, Kind = "run", Mode = ChangeMode.Update, Action = "run.purged", Purge = true }));
        Assert.Empty(Rows("*", "shown_points"));
    }

    private List<string> Rows(string columns, string from)
    {
        List<string> lines = [];
        using var connection = _temp.Connect();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {columns} FROM {from}";
        using var rows = command.ExecuteReader();
        while (rows.Read())
            lines.Add(string.Join('|', Enumerable.Range(0, rows.FieldCount).Select(i => Convert.ToString(rows.GetValue(i), CultureInfo.InvariantCulture))));
        return lines;
    }
}
