using System.Globalization;
using Npgsql;

namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>What people see with tools of their own. The fields are those of docs/storage-format.md.</summary>
[Collection(SharedServer.Name)]
public sealed class ViewTests(PostgreSqlServer server)
{
    private readonly IdGenerator _ids = new();
    private readonly string _schema = PostgreSqlServer.NewSchema();

    [SkippableFact]
    public async Task Views_show_runs_with_params_tags_and_metrics()
    {
        server.Require();
        await using var store = await PostgreSqlMetadataStore.OpenAsync(server.Options(_schema));
        var (run, other) = (_ids.Next(), _ids.Next());
        await store.CommitAsync(Samples.Batch(
            Samples.Create(_ids.Next()) with { Kind = "experiment", Key = "flights" },
            Samples.Create(
                run,
                FieldWrite.Set("experiment", FieldValue.Reference(new RecordKey("experiment", "flights"))),
                FieldWrite.Set("name", FieldValue.Text("brave-owl")),
                FieldWrite.Set("status", FieldValue.Text("RUNNING")),
                FieldWrite.Set("start_time", FieldValue.Time(Samples.Start)),
                FieldWrite.Set("params.lr", FieldValue.Text("0.10", 0.1)),
                FieldWrite.Set("params.odd", FieldValue.Text("a\0b\u0001")),
                FieldWrite.Set("tags.team", FieldValue.Text("ops"))),
            Samples.Create(other, FieldWrite.Set("lifecycle", FieldValue.Text("deleted"))),
            Samples.Create(_ids.Next(), FieldWrite.Set("params.x", FieldValue.Text("1"))) with { Kind = "model" }) with
        {
            Appends = [Samples.Points(run, "metrics.auc", 5)],
        });

        Assert.Equal(
            [$"{run}|brave-owl|flights|RUNNING|2026-03-01T12:00:00||active", $"{other}||||||deleted"],
            await RowsAsync("run_id, name, experiment, status, start_time, end_time, lifecycle", "runs ORDER BY run_id"));
        Assert.Equal(["lr|0.10|0.1", "odd|a␀b\u0001|"], await RowsAsync("key, value, number", "params ORDER BY key"));
        Assert.Equal(["team|ops"], await RowsAsync("key, value", "tags"));
        Assert.Equal(["auc|2|4|0|0|2|4|5|0"], await RowsAsync("key, last, last_step, min, min_step, max, max_step, count, nan_count", "metrics"));
    }

    [SkippableFact]
    public async Task MetricPoints_showsWhatWasAskedForUntilItIsHiddenOrPurged()
    {
        server.Require();
        var options = server.Options(_schema);
        await using var store = await PostgreSqlMetadataStore.OpenAsync(options with { ConnectionString = options.ConnectionString + ";Maximum Pool Size=1" });
        var run = _ids.Next();
        await store.CommitAsync(Samples.Batch(Samples.Create(run)) with
        {
            Appends =
            [
                new SeriesAppend(run, "metrics.auc", SeriesColumns.OfNumbers(
                    new long[] { 0, 1, 1 }, new[] { 0, 1_000_000, 2_000_000L }, new[] { 0.5, double.NaN, double.PositiveInfinity })),
                Samples.Points(run, "metrics.long", 20_000),
                Samples.Points(run, "system.cpu", 1),
            ],
        });
        Assert.Empty(await RowsAsync("*", "metric_points"));

        Assert.Equal(20_003, await store.ShowSeriesAsync(run, "metrics."));
        var shown = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => store.ShowSeriesAsync(run, "metrics.")));
        Assert.All(shown, count => Assert.Equal(20_003, count));
        Assert.Equal(
            [$"{run}|auc|0|1970-01-01T00:00:00|0.5", $"{run}|auc|1|1970-01-01T00:00:01|NaN", $"{run}|auc|1|1970-01-01T00:00:02|Infinity"],
            await RowsAsync("*", "metric_points WHERE key = 'auc' ORDER BY time"));
        Assert.Equal(["20000|20000|19999"], await RowsAsync("count(*), count(DISTINCT step), max(step)", "metric_points WHERE key = 'long'"));
        Assert.Equal(0, await store.ShowSeriesAsync(run, null));
        Assert.Empty(await RowsAsync("*", "shown_points"));

        await store.ShowSeriesAsync(run, "metrics.");
        await store.CommitAsync(Samples.Batch(Samples.Update(run) with { Purge = true }));
        Assert.Empty(await RowsAsync("*", "shown_points"));
    }

    private async Task<List<string>> RowsAsync(string columns, string from)
    {
        List<string> lines = [];
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await using var command = source.CreateCommand($"SELECT {columns} FROM {_schema}.{from}");
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            var cells = Enumerable.Range(0, rows.FieldCount).Select(i => rows.IsDBNull(i) ? "" : Show(rows.GetValue(i)));
            lines.Add(string.Join('|', cells));
        }

        return lines;
    }

    private static string Show(object value) => value switch
    {
        Guid id => id.ToString("N"),
        DateTime time => time.ToUniversalTime().ToString("s", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
