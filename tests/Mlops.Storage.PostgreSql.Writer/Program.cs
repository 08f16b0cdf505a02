// A process that writes to a store beside others: <connection string> <schema> <shared record> <records>. Prints the id and number of each record.
// With "client" for the record it logs points as a client with its files in the folder <records>, see LoggingClient.
using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.PostgreSql.Writer;

if (args[2] == "client")
{
    await LoggingClient.RunAsync(args[0], args[1], args[3]);
    return;
}

var ids = new IdGenerator();
var shared = RecordId.Parse(args[2], CultureInfo.InvariantCulture);
await using var store = await PostgreSqlMetadataStore.OpenAsync(new PostgreSqlStoreOptions { ConnectionString = args[0], Schema = args[1] });
for (var i = 0; i < int.Parse(args[3], CultureInfo.InvariantCulture); i++)
{
    var id = ids.Next();
    var points = SeriesColumns.OfNumbers(new long[] { i }, new long[] { i }, new double[] { i });
    var result = await store.CommitAsync(new Batch
    {
        Actor = "writer",
        ClientTime = TimeProvider.System.GetUtcNow(),
        Changes =
        [
            new RecordChange { Id = ids.Next(), Kind = "experiment", Key = $"e{i % 3}", Mode = ChangeMode.Ensure, Action = "experiment.created" },
            new RecordChange
            {
                Id = id,
                Kind = "run",
                Mode = ChangeMode.Create,
                Action = "run.created",
                Fields = [FieldWrite.Set("experiment", FieldValue.Reference(new RecordKey("experiment", $"e{i % 3}")))],
                Allocations = [new Allocation("number", "run")],
            },
        ],
        Appends = [new SeriesAppend(id, "m", points), new SeriesAppend(shared, "m", points)],
    });
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{id} {result.Changes[1].Numbers[0]}"));
}
