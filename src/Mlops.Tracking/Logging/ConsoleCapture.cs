using Mlops.Metadata;

namespace Mlops.Tracking;

/// <summary>Stands before the console's two streams, and lets what is written to them through to where it went before.</summary>
internal sealed class ConsoleCapture : IDisposable
{
    private readonly ConsoleTee _out;
    private readonly ConsoleTee _error;
    private readonly TextWriter _outBefore = Console.Out;
    private readonly TextWriter _errorBefore = Console.Error;
    private readonly TextWriter _outNow;
    private readonly TextWriter _errorNow;

    public ConsoleCapture(ActiveRun run)
    {
        _out = new ConsoleTee(_outBefore, line => run.WriteLine(LogLineLevel.Information, "console.out", line));
        _error = new ConsoleTee(_errorBefore, line => run.WriteLine(LogLineLevel.Warning, "console.error", line));
        Console.SetOut(_out);
        Console.SetError(_error);

        // the console hands out a wrapper that takes one writer at a time
        _outNow = Console.Out;
        _errorNow = Console.Error;
    }

    public void Dispose()
    {
        // if somebody stands before us meanwhile, we must stay where we are, but only let through
        if (ReferenceEquals(Console.Out, _outNow))
            Console.SetOut(_outBefore);
        if (ReferenceEquals(Console.Error, _errorNow))
            Console.SetError(_errorBefore);
        _out.Stop();
        _error.Stop();
    }
}
