using BenchmarkDotNet.Running;
using Mlops.Benchmarks;
using Mlops.Benchmarks.Content;
using Mlops.Benchmarks.Figures;

return args switch
{
    ["list"] => FigureRunner.List(),
    ["figures", .. var names] => await FigureRunner.RunAsync(names),
    ["team-writer", var uri, var journal] => await Team.WriteAsync(uri, journal),
    ["put-memory", var source, var folder] => await MemoryLarge.PutAsync(source, folder),
    ["collect-memory", var folder] => await GarbageSweep.CollectAsync(folder),
    [] => FigureRunner.Usage(),
    _ => BenchmarkSwitcher.FromAssembly(typeof(FigureRunner).Assembly).Run(args).Any() ? 0 : 1,
};
