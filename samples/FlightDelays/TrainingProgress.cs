using System.Globalization;
using Spectre.Console;

namespace FlightDelays;

/// <summary>A bar that moves on a terminal; a line per checkpoint where output goes to a file.</summary>
internal static class TrainingProgress
{
    public static Task ShowAsync(TreeSettings settings, Func<IProgress<Checkpoint>, Task> train)
    {
        if (Console.IsOutputRedirected)
            return train(new Listener(checkpoint => Console.WriteLine(Describe(settings, checkpoint))));

        return AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new ElapsedTimeColumn())
            .StartAsync(context =>
            {
                var task = context.AddTask(settings.Name, maxValue: settings.Trees);
                return train(new Listener(checkpoint =>
                {
                    task.Value = checkpoint.Trees;
                    task.Description = Describe(settings, checkpoint);
                }));
            });
    }

    private static string Describe(TreeSettings settings, Checkpoint checkpoint) =>
        string.Create(CultureInfo.InvariantCulture, $"{settings.Name,-5} {checkpoint.Trees,3} trees, test AUC {checkpoint.TestAuc:F4}");

    // Progress<T> would report from another thread, out of order
    private sealed class Listener(Action<Checkpoint> show) : IProgress<Checkpoint>
    {
        public void Report(Checkpoint value) => show(value);
    }
}
