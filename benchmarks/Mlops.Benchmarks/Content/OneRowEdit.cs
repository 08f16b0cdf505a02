using System.Globalization;
using System.Text;

namespace Mlops.Benchmarks.Content;

/// <summary>A table of 200 MB, one row inserted in the middle: all bytes that the store takes for the second version.</summary>
internal sealed class OneRowEdit : Figure
{
    private const int TableBytes = 200_000_000;
    private string _table = "";
    private string _edited = "";

    public override string Name => "one-row-edit";

    public override string Unit => "bytes";

    public override string BaselineName => "none";

    public override Bound Bound => Bound.AtMost(262_144);

    public override int Rounds => 1;

    public override int WarmUps => 0;

    public override async Task PrepareAsync(Workspace workspace)
    {
        _table = workspace.NewPath("flights.csv");
        _edited = workspace.NewPath("edited.csv");
        var random = new Random(20260603);
        var lines = new List<string>();
        for (var bytes = 0L; bytes < TableBytes; bytes += lines[^1].Length + 1)
            lines.Add(Row(lines.Count, random));
        await File.WriteAllLinesAsync(_table, lines, Encoding.ASCII);
        lines.Insert(lines.Count / 2, Row(lines.Count, random));
        await File.WriteAllLinesAsync(_edited, lines, Encoding.ASCII);
    }

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        var folder = workspace.NewPath("store");
        await PutAsync(folder, _table);
        var before = SizeOf(folder);
        Note($"{before} bytes for the first version, of {new FileInfo(_table).Length}");
        await PutAsync(folder, _edited);
        return SizeOf(folder) - before;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace) => Task.FromResult<double?>(null);

    private static async Task PutAsync(string folder, string path)
    {
        await using var store = ContentRig.Open(folder, out var content);
        await content.PutFileAsync(path);
    }

    // objects and database, which is closed and has no log then
    private static long SizeOf(string folder) => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>A flight as the U.S. DOT writes it, with an id of its own.</summary>
    private static string Row(int id, Random random)
    {
        var departure = random.Next(500, 2300);
        var delay = random.Next(-10, 120);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{id},2001,{random.Next(1, 13)},{random.Next(1, 29)},{random.Next(1, 8)},{departure},{departure + delay},UA,{random.Next(1, 3000)},N{random.Next(100, 999)}UA,{random.Next(40, 400)},{delay},{random.Next(-20, 140)},{Airports[random.Next(Airports.Length)]},{Airports[random.Next(Airports.Length)]},{random.Next(100, 2600)},{random.Next(2, 20)},{random.Next(5, 40)},0,NA,0");
    }

    private static readonly string[] Airports = ["ATL", "BOS", "DEN", "DFW", "IAD", "JFK", "LAX", "MCO", "ORD", "PHX", "SEA", "SFO"];
}
