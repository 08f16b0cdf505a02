using Mlops.Metadata;

namespace Mlops.Tracking.Tests;

/// <summary>A provider that does what the test says.</summary>
internal sealed class TestProvider(string name, Func<RunContextInput, CancellationToken, Task<IReadOnlyList<RunContextValue>>> capture)
    : IRunContextProvider
{
    private int _calls;

    public TestProvider(string name, Func<RunContextInput, Task<IReadOnlyList<RunContextValue>>> capture)
        : this(name, (run, _) => capture(run))
    {
    }

    public TestProvider(string name, params RunContextValue[] values)
        : this(name, _ => Task.FromResult<IReadOnlyList<RunContextValue>>(values))
    {
    }

    public string Name => name;

    public int Calls => Volatile.Read(ref _calls);

    public Task<IReadOnlyList<RunContextValue>> CaptureAsync(RunContextInput run, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        return capture(run, cancellationToken);
    }
}
