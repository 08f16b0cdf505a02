using System.Globalization;
using Mlops.Sdk;

namespace Mlops.Storage.PostgreSql.Writer;

/// <summary>
/// Logs 0, 1, 2, … to a run of its own until it is killed. Prints the run's id, and then how many points are durable by now, again
/// and again.
/// </summary>
internal static class LoggingClient
{
    public static async Task RunAsync(string connection, string schema, string folder)
    {
        var options = new MlopsOptions { DrainInterval = TimeSpan.FromMilliseconds(10), JournalPath = Path.Combine(folder, "journal") }
            .UsePostgreSql(new PostgreSqlStoreOptions { ConnectionString = connection, Schema = schema })
            .UseFolderObjects(Path.Combine(folder, "objects"));
        await using var client = await MlopsClient.OpenAsync(options);
        await using var run = await client.StartRunAsync("killed");
        Console.WriteLine(run.Id);
        for (long i = 0; ; i++)
        {
            run.LogMetric("m", i, i);
            if (i % 500 == 499 && (await run.FlushAsync()).IsDurable)
                Console.WriteLine((i + 1).ToString(CultureInfo.InvariantCulture));
        }
    }
}
