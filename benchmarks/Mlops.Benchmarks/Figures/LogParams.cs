using System.Diagnostics;
using System.Globalization;
using Mlops.Benchmarks.Baselines;

namespace Mlops.Benchmarks.Figures;

/// <summary>A thousand parameters and a thousand tags on one run of a fresh store, until they are durable.</summary>
internal sealed class LogParams : Figure
{
    private static readonly string[] Keys = [.. Enumerable.Range(0, 1000).Select(i => $"key_{i}")];
    private bool _isWarm;

    public override string Name => "log-params";

    public override string Unit => "ms";

    public override string BaselineName => "sqlite-one-transaction";

    public override Bound Bound => Bound.AtMost(4);

    public override int Rounds => 7;

    // a round calls each method too seldom for the JIT to optimise it, so a warm process needs many of them
    public override int WarmUps => 40;

    public override async Task<double> MeasureOursAsync(Workspace workspace)
    {
        await using var session = await LoggingSession.StartAsync(workspace.NewPath("store"));
        var run = session.Run;
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Keys.Length; i++)
            run.LogParam(Keys[i], i);
        foreach (var key in Keys)
            run.SetTag(key, "value of a tag");
        await run.FlushAsync();
        var elapsed = Stopwatch.GetElapsedTime(start);

        await session.CompleteAsync(points: 0);
        if (!_isWarm)
            Note($"{elapsed.TotalMilliseconds:F1} ms the first time, before anything is optimised");
        _isWarm = true;
        return elapsed.TotalMilliseconds;
    }

    public override Task<double?> MeasureBaselineAsync(Workspace workspace)
    {
        using var table = new PairTable(workspace.NewPath("pairs.db"));
        var start = Stopwatch.GetTimestamp();
        using (var transaction = table.Begin())
        {
            for (var i = 0; i < Keys.Length; i++)
                table.Insert(transaction, "params." + Keys[i], i.ToString(CultureInfo.InvariantCulture));
            foreach (var key in Keys)
                table.Insert(transaction, "tags." + key, "value of a tag");
            transaction.Commit();
        }

        return Task.FromResult<double?>(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }
}
