using LibGit2Sharp;
using Microsoft.Extensions.Logging;
using Mlops.Git;
using Mlops.Metadata;
using Mlops.Sdk;

namespace Mlops.Tracking.Child;

/// <summary>A training whose surroundings are full of secrets.</summary>
public static class Secrets
{
    /// <summary>Completes a run, and keeps the client open until a line is read.</summary>
    /// <param name="store">The store.</param>
    /// <param name="folder">Where the repository is made.</param>
    /// <param name="remote">Its remote.</param>
    /// <param name="secret">What must not be found.</param>
    public static async Task RunAsync(string store, string folder, string remote, string secret)
    {
        using (var repository = new Repository(Repository.Init(folder)))
            repository.Network.Remotes.Add("origin", remote);
        Environment.SetEnvironmentVariable("FLIGHTS_DB", $"Server=db;Password={secret};Database=flights");
        Environment.SetEnvironmentVariable("FLIGHTS_TOKEN", secret);
        var options = new MlopsOptions { Path = store }.UseGit(folder);
        options.Context.EnvironmentVariables.Add("FLIGHTS_DB");
        options.Context.EnvironmentVariables.Add("FLIGHTS_TOKEN");
        options.Context.Add(new Teller("throws", () => throw new InvalidOperationException($"Refused: pwd={secret}")));
        options.Context.Add(new Teller("tells", () =>
        [
            RunContextValue.Text("url", $"postgres://ann:{secret}@db/flights"),
            RunContextValue.Text("settings.password", secret),
            RunContextValue.Table(
                "settings",
                new Dictionary<string, string> { ["DB_PASSWORD"] = secret, ["Smtp.Password"] = secret, ["url"] = $"amqp://u:{secret}@queue" }),
        ]));

        await using var mlops = await MlopsClient.OpenAsync(options);
        await using var run = await mlops.StartRunAsync("secrets");
        var logger = run.CreateLoggerProvider().CreateLogger("Flights");
        using (logger.BeginScope($"token={secret}"))
            logger.Log(Microsoft.Extensions.Logging.LogLevel.Error, 0, $"connecting with --db-password {secret}", new InvalidOperationException($"secret: {secret}"), (text, _) => text);
        using (run.CaptureConsole())
            Console.WriteLine($"Authorization: Bearer {secret}");
        await run.FailAsync(new InvalidOperationException($"api_key={secret}"));
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync();
    }

    private sealed class Teller(string name, Func<IReadOnlyList<RunContextValue>> tell) : IRunContextProvider
    {
        public string Name => name;

        public Task<IReadOnlyList<RunContextValue>> CaptureAsync(RunContextInput run, CancellationToken cancellationToken) => Task.FromResult(tell());
    }
}
