using System.Diagnostics;
using System.Globalization;

namespace Mlops.Storage.PostgreSql.Tests.Team;

[Collection(SharedServer.Name)]
public sealed class ProcessTests(PostgreSqlServer server)
{
    private const int Processes = 8;
    private const int Each = 25;
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

    private async Task<string[]> WriteAsync(RecordId shared)
    {
        var writer = Path.Combine(AppContext.BaseDirectory, "Mlops.Storage.PostgreSql.Writer.dll");
        string[] arguments = [writer, server.ConnectionString, _schema, shared.ToString(), Each.ToString(CultureInfo.InvariantCulture)];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, error);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
