using Microsoft.Extensions.Logging;
using Mlops.Git;
using Mlops.Metadata;
using Mlops.Tracking;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>The code of docs/context.md.</summary>
internal static class ContextSnippets
{
    public static MlopsOptions Configure()
    {
        #region context options
        var options = new MlopsOptions().UseGit(); // of the package Mlops.Git
        options.Context.Without("host", "command").Add(new ClusterQueue());
        options.Context.EnvironmentVariables.Add("KUBERNETES_NAMESPACE");
        #endregion

        return options;
    }

    public static async Task<RunPage> LookAsync(MlopsClient mlops, RunId id)
    {
        #region context read
        var run = await mlops.Runs.GetAsync(id);
        Console.WriteLine($"{run.Context["cpu"]}, {run.Context["cores"]} cores, {run.Context["runtime"]}");
        foreach (var (provider, problem) in run.ContextProblems)
            Console.WriteLine($"{provider}: {problem}");
        var packages = await mlops.Runs.FindContextTableAsync(id, "packages"); // names and versions

        var same = await mlops.Runs.SearchAsync("context.queue = 'night' AND context.cores >= 1 AND metrics.auc > 0.6");
        #endregion

        Console.WriteLine($"{packages?.Count > 0}");
        return same;
    }

    public static async Task LogAsync(MlopsClient mlops, ILoggerFactory loggers)
    {
        #region context log
        await using var run = await mlops.StartRunAsync("flight-delays");
        loggers.AddMlopsRun(run); // from now on, until the run ends
        using var console = run.CaptureConsole();

        Console.WriteLine("Reading flights.");
        await run.CompleteAsync();

        await foreach (var line in mlops.Runs.ReadLogAsync(run.Id, new LogQuery { MinLevel = LogLineLevel.Information, Last = 100 }))
            Console.WriteLine($"{line.Time:T} {line.Category}: {line.Message} {line.Exception}");
        #endregion
    }

    #region context provider
    private sealed class ClusterQueue : IRunContextProvider
    {
        public string Name => "queue";

        public Task<IReadOnlyList<RunContextValue>> CaptureAsync(RunContextInput run, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<RunContextValue>>([RunContextValue.Text("queue", "night")]);
    }
    #endregion
}
