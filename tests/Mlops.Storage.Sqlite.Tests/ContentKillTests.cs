using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Storage.Sqlite.Tests;

/// <summary>A process killed at every step of a put and of a collection leaves a store that refers to nothing missing.</summary>
public sealed class ContentKillTests : IDisposable
{
    private static readonly GarbageOptions Really = new() { IsDryRun = false, Grace = TimeSpan.FromHours(1) };
    private static readonly string[] PutSteps = ["before put", "in put", "flushed", "linked", "unlinked", "after put"];
    private readonly TempStore _temp = new();
    private readonly HashSet<string> _killed = [];
    private int _hours;

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData("put", 10)]
    [InlineData("small", 5)]
    public async Task Put_killed_at_every_step_refers_to_no_missing_bytes(string work, int atLeast)
    {
        var steps = await KillAtEveryStepAsync(work);
        Assert.True(steps >= atLeast, $"{steps} steps");

        // what goes on side by side has no order, and a step may have been at none of the numbers
        foreach (var step in PutSteps.Concat(["before commit", "after commit"]))
            Assert.True(await KillAsync(work, step), step);

        // nothing names what was put, so all of it goes, and what the killed ones left with it
        for (var i = 0; i < 3; i++)
        {
            _hours += 24;
            await using var store = Open(out var content);
            await content.CollectGarbageAsync(Really);
        }

        Assert.Empty(Objects());
    }

    [Fact]
    public async Task Collect_killed_at_every_step_loses_nothing_named_and_ends()
    {
        HashSet<Digest> named = [];
        await using (var store = Open(out var content))
        {
            var away = new ContentStore(content.Objects, spoolFolder: _temp.Folder);
            await away.PutAsync(Noise(5_000, 100));
            await away.PutAsync(Noise(2_000_000, 101));
            var ids = new IdGenerator();
            for (var i = 0; i < 40; i++)
            {
                var info = await content.PutAsync(Noise(i % 4 == 0 ? 2_000_000 : 5_000, i));
                if (i % 2 == 1)
                    continue;
                named.Add(info.Digest);
                await store.CommitAsync(new Batch
                {
                    Actor = "test",
                    ClientTime = TimeProvider.System.GetUtcNow(),
                    Changes =
                    [
                        new RecordChange
                        {
                            Id = ids.Next(), Kind = "artifact", Mode = ChangeMode.Create, Action = "logged", Fields = [FieldWrite.Set("content", FieldValue.Digest(info.Digest))],
                        },
                    ],
                });
            }
        }

        for (var run = 0; run < 3; run++)
        {
            _hours += 24;
            await KillAtEveryStepAsync("collect");
        }

        Assert.Contains("before delete", _killed);
        _hours += 24;
        await using var end = Open(out var last);
        Assert.Empty((await last.CollectGarbageAsync(Really)).Items);
        foreach (var digest in named)
            Assert.Equal(digest, Digest.Of(await last.ReadAllAsync(digest)));
    }

    [Fact]
    public async Task Put_whole_killed_at_every_step_leaves_whole_objects_only()
    {
        Assert.True(await KillAtEveryStepAsync("whole") > 10);
        Assert.Superset(PutSteps.ToHashSet(), _killed);
        Assert.Empty(Directory.GetFiles(Path.Combine(_temp.Folder, "spool")));
    }

    [Fact]
    public async Task RebuildIndex_killed_at_every_step_is_done_by_the_next_one()
    {
        HashSet<Digest> stored = [];
        await using (var store = Open(out var content))
        {
            for (var i = 0; i < 8; i++)
                stored.Add((await content.PutAsync(Noise(i % 2 == 0 ? 12_000_000 : 5_000, i))).Digest);
            var cells = (await store.ListCellsAsync("chunk/")).Concat(await store.ListCellsAsync("content/"));
            await store.CommitAsync(new Batch { Actor = "test", ClientTime = TimeProvider.System.GetUtcNow(), Cells = [.. cells.Select(c => new CellWrite { Key = c.Key })] });
        }

        var step = 0;
        while (await RunAsync("rebuild", (++step).ToString(CultureInfo.InvariantCulture)))
            _hours++;
        Assert.True(step > 10, $"{step} steps");
        await using var end = Open(out var last);
        Assert.Equal(stored, (await last.ListAsync().ToListAsync()).Select(c => c.Digest).ToHashSet());
        foreach (var digest in stored)
            Assert.Equal(digest, Digest.Of(await last.ReadAllAsync(digest)));
        Assert.Empty((await last.CheckAsync(stored).ToListAsync()));
    }

    [Fact]
    public async Task Put_same_contents_by_two_processes_at_once_are_right_for_both()
    {
        Process[] both = [Start("race", "0"), Start("race", "0")];
        foreach (var process in both)
            Assert.Equal("ready", await process.StandardOutput.ReadLineAsync());
        foreach (var process in both)
            process.StandardInput.WriteLine();
        foreach (var process in both)
        {
            var error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, error);
            process.Dispose();
        }

        await using var store = Open(out var content);
        var large = Noise(30_000_000, 1);
        byte[][] contents = [large, large[5_000_000..], Noise(2_000_000, 2), .. Enumerable.Range(0, 50).Select(i => Noise(1000, i))];
        Assert.Equal(contents.Select(c => Digest.Of(c)).ToHashSet(), (await content.ListAsync().ToListAsync()).Select(c => c.Digest).ToHashSet());
        foreach (var bytes in contents)
            Assert.Equal(bytes, await content.ReadAllAsync(Digest.Of(bytes)));
        Assert.True((await content.ScrubAsync(long.MaxValue)).IsSound);
    }

    private async Task<int> KillAtEveryStepAsync(string work)
    {
        for (var step = 1; ; step++)
        {
            if (!await KillAsync(work, step.ToString(CultureInfo.InvariantCulture)))
                return step - 1;
        }
    }

    private async Task<bool> KillAsync(string work, string step)
    {
        var isKilled = await RunAsync(work, step);
        await using var store = Open(out var content);
        await foreach (var info in content.ListAsync())
            Assert.Equal(info.Digest, Digest.Of(await content.ReadAllAsync(info.Digest)));
        Assert.True((await store.VerifyAsync()).IsSound);

        // the lease of a collection that was killed ends by itself, and the next content is another
        _hours++;
        return isKilled;
    }

    private async Task<bool> RunAsync(string work, string step)
    {
        using var process = Start(work, step);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode == 0)
            return false;
        var name = (await output).Trim();
        Assert.True(name.Length > 0, error);
        _killed.Add(name);
        return true;
    }

    private Process Start(string work, string step)
    {
        var writer = Path.Combine(AppContext.BaseDirectory, "Mlops.Storage.Sqlite.Writer.dll");
        string[] arguments = [writer, "content", work, _temp.Folder, step, _hours.ToString(CultureInfo.InvariantCulture)];
        return Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    private SqliteMetadataStore Open(out ContentStore content)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(_hours));
        var store = _temp.Open(time);
        content = new ContentStore(new FolderObjectStore(Path.Combine(_temp.Folder, "objects"), time), store, time);
        return store;
    }

    private string[] Objects()
    {
        var folder = Path.Combine(_temp.Folder, "objects");
        return Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(f => !Path.GetFileName(f).StartsWith(".~", StringComparison.Ordinal))] : [];
    }

    private static byte[] Noise(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
