using System.Globalization;
using FlightDelays;
using Spectre.Console;

namespace Sweep;

/// <summary>A bar that moves on a terminal; a line per configuration where output goes to a file.</summary>
internal static class SweepProgress
{
    public static Task ShowAsync(IReadOnlyList<TreeSettings> configurations, Func<TreeSettings, Task<double>> train)
    {
        if (Console.IsOutputRedirected)
            return TrainAllAsync(configurations, train, Console.WriteLine);

        return AnsiConsole.Progress()
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(context =>
            {
                var bar = context.AddTask("training", maxValue: configurations.Count);
                return TrainAllAsync(configurations, train, line =>
                {
                    bar.Increment(1);
                    bar.Description = Markup.Escape(line);
                });
            });
    }

    private static async Task TrainAllAsync(IReadOnlyList<TreeSettings> configurations, Func<TreeSettings, Task<double>> train, Action<string> show)
    {
        for (var i = 0; i < configurations.Count; i++)
        {
            var auc = await train(configurations[i]);
            show(string.Create(
                CultureInfo.InvariantCulture, $"{i + 1,2} of {configurations.Count}  {configurations[i].Name}: test AUC {auc:F4}"));
        }
    }
}
