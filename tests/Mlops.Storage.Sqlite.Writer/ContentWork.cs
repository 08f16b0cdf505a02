using System.Diagnostics;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Writer;

/// <summary>Puts or collects contents and kills its own process at the step that it is told; lives if there are fewer.</summary>
internal static class ContentWork
{
    public static async Task<int> RunAsync(string work, string folder, int killAt, TimeSpan ahead)
    {
        var steps = 0;
        var time = new Ahead(ahead);
        await using var database = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(folder, "store.db"), Time = time });
        await using var store = new FaultyStore(database) { Step = Step };
        var content = new ContentStore(new SteppedObjects(new FolderObjectStore(Path.Combine(folder, "objects"), time), Step), store, time);
        switch (work)
        {
            case "put":
                await content.PutAsync(Noise(20_000_000, killAt));
                break;
            case "small":
                await Task.WhenAll(Enumerable.Range(0, 50).Select(i => content.PutAsync(Noise(1000, (1000 * killAt) + i))));
                break;
            default:
                await content.CollectGarbageAsync(new GarbageOptions { IsDryRun = false, Grace = TimeSpan.FromHours(1) });
                break;
        }

        return 0;

        void Step(string name)
        {
            if (Interlocked.Increment(ref steps) != killAt)
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
