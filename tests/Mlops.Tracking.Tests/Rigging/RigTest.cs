using System.Diagnostics.CodeAnalysis;
using Mlops.Metadata;

namespace Mlops.Tracking.Tests;

/// <summary>Tests that each have a rig, a tracker over it and a run that was started.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "xunit disposes through IAsyncLifetime")]
public abstract class RigTest : IAsyncLifetime
{
    private protected Rig Rig { get; } = new();

    /// <summary>A folder for what the test logs as artifacts.</summary>
    private protected TemporaryFolder Local { get; } = new();

    private protected RunTracker Tracker { get; private set; } = null!;

    /// <summary>A catalog of the tracker's client, as <c>MlopsClient.Runs</c> is one.</summary>
    private protected RunCatalog Catalog => new(Tracker.Context);

    private protected ActiveRun Run { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Tracker = Rig.Open();
        Run = await Tracker.StartRunAsync("flights");
    }

    public async Task DisposeAsync()
    {
        await Rig.DisposeAsync();
        Local.Dispose();
    }
}
