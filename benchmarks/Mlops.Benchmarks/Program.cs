using BenchmarkDotNet.Running;
using Mlops.Benchmarks;

return args switch
{
    ["list"] => FigureRunner.List(),
    ["figures", .. var names] => await FigureRunner.RunAsync(names),
    [] => FigureRunner.Usage(),
    _ => BenchmarkSwitcher.FromAssembly(typeof(FigureRunner).Assembly).Run(args).Any() ? 0 : 1,
};
