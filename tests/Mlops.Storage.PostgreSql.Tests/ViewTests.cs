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
