using System.Text;
using Mlops.Metadata;
using Mlops.Storage.Sqlite;

namespace Mlops.Tracking.Tests;

/// <summary>Secrets on the command line, in the environment, the remote of git, exceptions, log lines and the console stay out of the store.</summary>
public sealed class SecretTests : IDisposable
{
    private const string Secret = "Geheim-hunter2";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Store_andJournal_holdNoSecretInAnyByte()
    {
        var store = _folder[".mlops"];
        using (var child = ChildProcess.Start(
            "secrets", store, _folder["repository"], $"https://ann:{Secret}@example.com/x.git?token={Secret}", "--epochs", "31", "--password", Secret,
            $"--api-key={Secret}", "--Smtp:Password", Secret, $"--signing-key={Secret}", "--db-pass", Secret, $"--server=Server=db;Pwd={Secret};Timeout=5"))
        {
            while (await child.ReadLineAsync() != "ready")
            {
            }

            var files = Directory.GetFiles(store, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)).ToList();
            var journal = files.Where(f => f.EndsWith(".seg", StringComparison.Ordinal)).Select(ReadPayload).ToList();
            Assert.Contains(journal, bytes => Contains(bytes, Encoding.UTF8.GetBytes("--epochs 31")));
            foreach (var bytes in files.Select(Read).Concat(journal))
            {
                Assert.False(Contains(bytes, Encoding.UTF8.GetBytes(Secret)));
                Assert.False(Contains(bytes, Encoding.Unicode.GetBytes(Secret)));
            }

            await child.WriteLineAsync("");
            await child.JoinAsync();
        }

        await using var database = SqliteMetadataStore.Open(new SqliteStoreOptions { Path = Path.Combine(store, "mlops.db") });
        var runs = new RunCatalog(new MetadataContext(database, new Storage.ContentStore(new Storage.FolderObjectStore(Path.Combine(store, "objects")))));
        var run = Assert.Single((await runs.QueryAsync(new RunQuery())).Runs);
        Assert.EndsWith(
            "https://***@example.com/x.git?token=*** --epochs 31 --password *** --api-key=*** --Smtp:Password *** --signing-key=*** --db-pass *** "
            + "--server=Server=db;Pwd=***;Timeout=5",
            run.Context["command_line"], StringComparison.Ordinal);
        Assert.Equal("https://example.com/x.git", run.Context["git.remote"]);
        Assert.Equal("Server=db;Password=***;Database=flights", run.Context["env.FLIGHTS_DB"]);
        Assert.Equal("***", run.Context["env.FLIGHTS_TOKEN"]);
        Assert.Equal("postgres://***@db/flights", run.Context["url"]);
        Assert.EndsWith("pwd=***", run.ContextProblems["throws"], StringComparison.Ordinal);
        var settings = (await runs.FindContextTableAsync(run.Id, "settings"))!;
        Assert.Equal(("***", "***"), (settings["DB_PASSWORD"], settings["Smtp.Password"]));
    }

    private static byte[] Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    // what a frame holds is cut in pieces of 16 bytes, between which stand key and commit word
    private static byte[] ReadPayload(string file) => [.. Read(file).Skip(4096).Chunk(24).SelectMany(slot => slot.Skip(8))];

    private static bool Contains(byte[] bytes, byte[] wanted) => bytes.AsSpan().IndexOf(wanted) >= 0;
}
