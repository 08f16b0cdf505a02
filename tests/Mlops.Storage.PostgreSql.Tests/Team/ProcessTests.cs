using System.Diagnostics;
using System.Globalization;
using Mlops.Metadata;
using Mlops.Sdk;

namespace Mlops.Storage.PostgreSql.Tests.Team;

[Collection(SharedServer.Name)]
public sealed class ProcessTests(PostgreSqlServer server)
{
    private const int Processes = 8;
    private const int Each = 25;
    private const int Rounds = 3;
    private readonly string _schema = PostgreSqlServer.NewSchema();

    [SkippableFact]
    public async Task CommitAsync_eight_processes_make_and_fill_one_store_and_nothing_is_lost_or_twice()
    {
        server.Require();
        var shared = new IdGenerator().Next();
        var (made, position) = ((List<RecordId>)[], 0L);
        await using var store = await PostgreSqlMetadataStore.OpenAsync(server.Options(_schema));
        await store.CommitAsync(Samples.Batch(Samples.Create(shared)));
        var writing = Task.WhenAll(Enumerable.Range(0, Processes).Select(_ => WriteAsync(shared)));
        for (var (last, count) = (false, 1); !last || count > 0;)
        {
            last = writing.IsCompleted;
            var page = await store.ReadFeedAsync(position, 50);
            count = page.Count;
            made.AddRange(page.Select(e => e.Entry.Record));
            position = count > 0 ? page[^1].Position : position;
        }

        var written = (await writing).SelectMany(lines => lines).Select(line => line.Split(' ')).ToList();
        var runs = written.Select(w => RecordId.Parse(w[0], CultureInfo.InvariantCulture)).ToList();
        var experiments = (await store.QueryAsync(new RecordQuery { Kind = "experiment" })).Records;
        Assert.Equal(Processes * Each, runs.Count);
        Assert.Equal(["e0", "e1", "e2"], experiments.Select(e => e.Key).Order());
        Assert.Equal([.. runs.Append(shared).Concat(experiments.Select(e => e.Id)).Order()], made.Order());
        Assert.Equal(
            Enumerable.Range(1, runs.Count).Select(n => (long)n), written.Select(w => long.Parse(w[1], CultureInfo.InvariantCulture)).Order());
        Assert.All(await store.ListSeriesAsync(runs), s => Assert.Equal(1, s.Position));

        var values = (await store.ReadSeriesAsync(shared, "m", SeriesRange.All).ToListAsync()).SelectMany(p => p.Numbers.ToArray());
        Assert.Equal(Enumerable.Range(0, Each).SelectMany(i => Enumerable.Repeat((double)i, Processes)), values.Order());
        Assert.True((await store.VerifyAsync()).IsSound);
    }

    [SkippableFact]
    public async Task LogMetric_eight_clients_killed_while_they_log_lose_nothing_and_double_nothing()
    {
        server.Require();
        var folder = Directory.CreateTempSubdirectory("mlops-killed-").FullName;
        try
        {
            // each process also recovers what those of the round before it left
            Dictionary<RunId, long> durable = [];
            for (var round = 0; round < Rounds; round++)
            {
                foreach (var (run, points) in await Task.WhenAll(Enumerable.Range(0, Processes).Select(_ => LogUntilKilledAsync(folder))))
                    durable.Add(run, points);
            }

            var options = new MlopsOptions { JournalPath = Path.Combine(folder, "journal") }
                .UsePostgreSql(server.Options(_schema)).UseFolderObjects(Path.Combine(folder, "objects"));
            await using var client = await MlopsClient.OpenAsync(options);
            await client.RecoverAsync();
            foreach (var (run, points) in durable)
            {
                var values = await TeamRig.ValuesAsync(client, run, "m");
                Assert.Equal(Enumerable.Range(0, values.Length).Select(i => (double)i), values);
                Assert.True(values.Length >= points, $"{points} points were durable, and {values.Length} are there.");
            }

            Assert.Empty((await client.VerifyAsync()).Problems);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<(RunId Run, long Durable)> LogUntilKilledAsync(string folder)
    {
        using var process = Start("client", folder);
        var run = RunId.Parse((await process.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        var last = "0";
        for (var flushes = Random.Shared.Next(2, 10); flushes > 0; flushes--)
            last = (await process.StandardOutput.ReadLineAsync())!;
        await Task.Delay(Random.Shared.Next(20));
        process.Kill();
        await process.WaitForExitAsync();
        var rest = (await process.StandardOutput.ReadToEndAsync()).Split('\n');
        return (run, long.Parse(rest.Length > 1 ? rest[^2] : last, CultureInfo.InvariantCulture));
    }

    private Process Start(string record, string last)
    {
        var writer = Path.Combine(AppContext.BaseDirectory, "Mlops.Storage.PostgreSql.Writer.dll");
        string[] arguments = [writer, server.ConnectionString, _schema, record, last];
        return Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    private async Task<string[]> WriteAsync(RecordId shared)
    {
        using var process = Start(shared.ToString(), Each.ToString(CultureInfo.InvariantCulture));
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, error);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
