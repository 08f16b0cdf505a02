using Microsoft.Extensions.Logging;
using Mlops.Metadata;
using Mlops.Tracking;

namespace Mlops.Sdk.Tests.Docs;

/// <summary>Runs the code of docs/context.md, and checks that it names everything that is captured.</summary>
[Collection(ProcessWide.Name)]
public sealed class ContextDocumentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _printed = new();
    private readonly TextWriter _console = Console.Out;

    public ContextDocumentTests() => Console.SetOut(_printed);

    public void Dispose()
    {
        Console.SetOut(_console);
        _printed.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Blocks_run_doWhatThePageSays()
    {
        var options = ContextSnippets.Configure();
        options.Path = _folder.Store;
        await using var mlops = await MlopsClient.OpenAsync(options);
        await using var run = await mlops.StartRunAsync("flight-delays");
        run.LogMetric("auc", 0.7);
        await run.CompleteAsync();

        var same = await ContextSnippets.LookAsync(mlops, run.Id);
        Assert.Equal(run.Id, Assert.Single(same.Runs).Id);
        Assert.DoesNotContain("host", same.Runs[0].Context.Keys);

        using var loggers = new LoggerFactoryOfOne();
        await ContextSnippets.LogAsync(mlops, loggers);
        Assert.Contains("console.out: Reading flights.", _printed.ToString(), StringComparison.Ordinal);
        Assert.True(loggers.IsAdded);
    }

    [Fact]
    public async Task Page_namesWhatIsCaptured()
    {
        await using var mlops = await _folder.OpenAsync();
        await using var run = await mlops.StartRunAsync("flight-delays");
        await run.CompleteAsync();

        var page = Repository.Read("docs/context.md");
        Assert.All(
            (await mlops.Runs.GetAsync(run.Id)).Context.Keys.Where(k => !k.StartsWith("env.", StringComparison.Ordinal)),
            name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
        Assert.All(new RunContextOptions().EnvironmentVariables, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    private sealed class LoggerFactoryOfOne : ILoggerFactory
    {
        public bool IsAdded { get; private set; }

        public void AddProvider(ILoggerProvider provider) => IsAdded = true;

        public ILogger CreateLogger(string categoryName) => throw new NotSupportedException();

        public void Dispose()
        {
            // it has nothing
        }
    }
}
