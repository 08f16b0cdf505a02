using System.Diagnostics;
using System.Globalization;
using Mlops.Benchmarks.Figures;

namespace Mlops.Benchmarks.Content;

/// <summary>The most memory, native and managed, that the process takes over idle while 1 GiB is put.</summary>
internal sealed class MemoryLarge : Figure
{
    private const double Mebibyte = 1024 * 1024;
    private string _source = "";

    public override string Name => "memory-1gib";

    public override string Unit => "MiB";

    public override string BaselineName => "none";

    public override Bound Bound => Bound.AtMost(150_000_000 / Mebibyte);

    public override int Rounds => 1;

    public override int WarmUps => 0;

    public override Task PrepareAsync(Workspace workspace) => ContentRig.FillAsync(_source = workspace.NewPath("source"));

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        // what other figures left in the pools of this process would hide it
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. Team.Self(), "put-memory", _source, workspace.NewPath("store")])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return double.Parse(output, CultureInfo.InvariantCulture);
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace) => Task.FromResult<double?>(null);

    /// <summary>Puts the file in a process of its own and prints by how much memory grew.</summary>
    public static async Task<int> PutAsync(string source, string folder)
    {
        await using var store = ContentRig.Open(folder, out var content);
        await content.PutAsync("something small, so that all is compiled and loaded"u8.ToArray());
        await using var memory = new IdleMemory();
        await content.PutFileAsync(source);
        Console.WriteLine((memory.GrownBytes / Mebibyte).ToString(CultureInfo.InvariantCulture));
        return 0;
    }
}
