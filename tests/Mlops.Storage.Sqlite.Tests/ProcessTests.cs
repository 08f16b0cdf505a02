using System.Diagnostics;
using System.Globalization;

namespace Mlops.Storage.Sqlite.Tests;

public sealed class ProcessTests : IDisposable
{
    private readonly TempStore _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task CommitAsync_several_processes_create_and_fill_one_store_and_the_feed_skips_nothing()
    {
        const int processes = 3;
        const int each = 60;
        var writing = Task.WhenAll(Enumerable.Range(0, processes).Select(_ => RunAsync(each)));
        List<RecordId> seen = [];
        await using (var store = _temp.Open())
        {
            var position = 0L;
            while (true)
            {
                var last = writing.IsCompleted;
                var page = await store.ReadFeedAsync(position, 5);
                seen.AddRange(page.Select(e => e.Entry.Record));
                position = page.Count > 0 ? page[^1].Position : position;
                if (last && page.Count == 0)
                    break;
                await Task.Yield();
            }
        }

        var written = (await writing).SelectMany(lines => lines).Select(line => line.Split(' ')).ToList();
        Assert.Equal(written.Select(w => RecordId.Parse(w[0], CultureInfo.InvariantCulture)).Order(), seen.Order());
        Assert.Equal(
            Enumerable.Range(1, processes * each).Select(n => (long)n),
            written.Select(w => long.Parse(w[1], CultureInfo.InvariantCulture)).Order());
        await using var again = _temp.Open();
        var report = await again.VerifyAsync();
        Assert.Equal((180L, 180L, 180L, true), (report.Records, report.Entries, report.Points, report.IsSound));
    }

    private async Task<string[]> RunAsync(int records)
    {
        var writer = Path.Combine(AppContext.BaseDirectory, "Mlops.Storage.Sqlite.Writer.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [writer, _temp.File, records.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, error);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
