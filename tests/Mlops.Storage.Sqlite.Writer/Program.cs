// A process that writes to a store beside others: <database> <records>. Prints the id and number of each record.
using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

var ids = new IdGenerator();
await using var store = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = args[0] });
for (var i = 0; i < int.Parse(args[1], CultureInfo.InvariantCulture); i++)
{
    var id = ids.Next();
    var result = await store.CommitAsync(new Batch
    {
        Actor = "writer",
        ClientTime = TimeProvider.System.GetUtcNow(),
        Changes =
        [
            new RecordChange
            {
                Id = id,
                Kind = "run",
                Mode = ChangeMode.Create,
                Action = "run.created",
                Allocations = [new Allocation("number", "run")],
            },
        ],
        Appends = [new SeriesAppend(id, "m", SeriesColumns.OfNumbers(new long[] { i }, new long[] { i }, new double[] { i }))],
    });
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{id} {result.Changes[0].Numbers[0]}"));
}
