// A process that writes to a store beside others: <database> <records>. Prints the id and number of each record.
// Or one that is killed while it works on contents: content put|small|whole|rebuild|race|collect <folder> <step> <hours from now>.
using System.Globalization;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Storage.Sqlite.Writer;

if (args[0] == "content")
    return await ContentWork.RunAsync(args[1], args[2], args[3], TimeSpan.FromHours(int.Parse(args[4], CultureInfo.InvariantCulture)));

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

return 0;
