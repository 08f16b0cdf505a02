using System.Diagnostics;
using System.Globalization;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Writer;

/// <summary>Puts or collects contents and kills its own process at the step that it is told, by number or by name; lives if there is no such step.</summary>
internal static class ContentWork
{
    public static async Task<int> RunAsync(string work, string folder, string killAt, TimeSpan ahead)
    {
        var steps = 0;
        var seed = (int)ahead.TotalHours;
        var time = new Ahead(ahead);
        await using var database = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(folder, "store.db"), Time = time });
        await using var store = new FaultyStore(database) { Step = Step };
        var objects = new SteppedObjects(new FolderObjectStore(Path.Combine(folder, "objects"), time) { Step = Step }, Step);
        var content = new ContentStore(objects, store, time);
        switch (work)
        {
            case "put":
                await content.PutAsync(Noise(20_000_000, seed));
                break;
            case "small":
                await Task.WhenAll(Enumerable.Range(0, 50).Select(i => content.PutAsync(Noise(1000, (1000 * seed) + i))));
                break;
            case "whole":
                var away = new ContentStore(objects, Path.Combine(folder, "spool"));
                await away.PutAsync(Noise(3_000_000, seed));
                await away.PutAsync(new TestStream(Noise(3_000_000, seed + 1000), 65_536));
                break;
            case "rebuild":
                await content.RebuildIndexAsync();
                break;
            case "race":
                Console.WriteLine("ready");
                Console.ReadLine();
                await Task.WhenAll(Task.Run(() => content.PutAsync(Noise(30_000_000, 1))), Task.Run(() => content.PutAsync(Noise(30_000_000, 1).AsMemory(5_000_000))));
                await Task.WhenAll(Enumerable.Range(0, 50).Select(i => content.PutAsync(Noise(1000, i))));
                await new ContentStore(objects).PutAsync(Noise(2_000_000, 2));
                break;
            default:
                await content.CollectGarbageAsync(new GarbageOptions { IsDryRun = false, Grace = TimeSpan.FromHours(1) });
                break;
        }

        return 0;

        void Step(string name)
        {
            var step = Interlocked.Increment(ref steps).ToString(CultureInfo.InvariantCulture);
            if (step != killAt && name != killAt)
                return;
            Console.WriteLine(name);
            Process.GetCurrentProcess().Kill();
        }
    }

    private static byte[] Noise(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private sealed class Ahead(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}
