using Mlops.Metadata;

namespace Mlops.Tracking.Tests;

/// <summary>The console is one for the whole process, so what other tests write meanwhile is passed over.</summary>
[Collection(nameof(ConsoleCaptureTests))]
[CollectionDefinition(nameof(ConsoleCaptureTests), DisableParallelization = true)]
public sealed class ConsoleCaptureTests : RigTest
{
    [Fact]
    public async Task CaptureConsole_wholeLines_areOnTheRunAndStillOnTheConsole()
    {
        using var before = new StringWriter();
        var console = Console.Out;
        Console.SetOut(before);
        try
        {
            using (Run.CaptureConsole())
            {
                Console.Write("loss ");
                Console.Write('=');
                Console.WriteLine(" {0}", 0.5);
                Console.WriteLine("two\r\nlines");
                Console.WriteLine("https://ann:s3cret@example.com");
                Console.Write("no end");
            }

            Console.WriteLine("after");
        }
        finally
        {
            Console.SetOut(console);
        }

        await Run.FlushAsync();
        Assert.Equal(
            ["loss = 0.5", "two", "lines", "https://***@example.com", "no end"],
            (await RunLoggerTests.ReadAsync(Rig, Run.Id)).Where(l => l.Category == "console.out").Select(l => l.Message));
        Assert.Equal(
            string.Concat("loss = 0.5", before.NewLine, "two\r\nlines", before.NewLine, "https://ann:s3cret@example.com", before.NewLine, "no endafter", before.NewLine),
            before.ToString());
    }

    [Fact]
    public async Task CaptureConsole_errors_areWarnings()
    {
        using (Run.CaptureConsole())
            await Console.Error.WriteLineAsync("careful");
        await Run.FlushAsync();

        var line = (await RunLoggerTests.ReadAsync(Rig, Run.Id)).Single(l => l.Message == "careful");
        Assert.Equal(("console.error", LogLineLevel.Warning), (line.Category, line.Level));
    }

    [Fact]
    public async Task CaptureConsole_twoRunsDisposedInAnyOrder_leaveTheConsoleAsItWas()
    {
        using var before = new StringWriter();
        var console = Console.Out;
        Console.SetOut(before);
        var second = await Tracker.StartRunAsync("flights");
        try
        {
            var first = Run.CaptureConsole();
            var other = second.CaptureConsole();
            Console.WriteLine("both");
            first.Dispose();
            Console.WriteLine("second");
            other.Dispose();
            Console.WriteLine("none");
            first.Dispose();
        }
        finally
        {
            Console.SetOut(console);
        }

        await Tracker.FlushAsync();
        Assert.Equal(["both"], (await RunLoggerTests.ReadAsync(Rig, Run.Id)).Select(l => l.Message));
        Assert.Equal(["both", "second"], (await RunLoggerTests.ReadAsync(Rig, second.Id)).Select(l => l.Message));
        Assert.Equal(string.Concat("both", before.NewLine, "second", before.NewLine, "none", before.NewLine), before.ToString());
    }

    [Fact]
    public async Task CaptureConsole_endlessLine_isCutInPieces()
    {
        var console = Console.Out;
        Console.SetOut(TextWriter.Null);
        try
        {
            using (Run.CaptureConsole())
                Console.WriteLine(new string('x', (2 * RunLog.MostCharacters) + 5));
        }
        finally
        {
            Console.SetOut(console);
        }

        await Run.FlushAsync();
        Assert.Equal(
            [RunLog.MostCharacters, RunLog.MostCharacters, 5],
            (await RunLoggerTests.ReadAsync(Rig, Run.Id)).Where(l => l.Category == "console.out").Select(l => l.Message.Length));
    }
}
