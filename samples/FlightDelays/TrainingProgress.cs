using System.Globalization;
using Spectre.Console;

namespace FlightDelays;

/// <summary>Something that moves on a terminal while a model is trained, and a line once it is.</summary>
internal static class TrainingProgress
{
    public static async Task ShowAsync(TreeSettings settings, Func<Task<double>> train)
    {
        var auc = Console.IsOutputRedirected
            ? await train()
            : await AnsiConsole.Status().StartAsync($"{settings.Name}: {settings.Trees} trees of {settings.Leaves} leaves", _ => train());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{settings.Name,-5} {settings.Trees,3} trees, test AUC {auc:F4}"));
    }
}
