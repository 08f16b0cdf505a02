using System.Runtime.CompilerServices;
using Mlops.Storage;

namespace Mlops.Metadata;

public sealed partial class RunCatalog
{
    private static readonly TimeSpan ShortestWatch = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Follows a run of whichever process: the first change says how it stands, each later one what is new. Every point and
    /// parameter comes once; of a status, name or tag that changes several times within an interval, the last. It ends when the
    /// run has ended and everything was given, or when the run is purged. While the store is away it waits for it.
    /// </summary>
    /// <param name="run">The run. Of a fork only what it logs itself comes, not what it shares.</param>
    /// <param name="fromStart">Whether the first change holds everything up to now; otherwise only what comes from now on is given.</param>
    /// <param name="interval">How often to look, at least 10 ms; 1 second by default.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="NotFoundException">There is no such run, or it was purged before.</exception>
    /// <exception cref="ArgumentException">The id is <c>default</c>, or the interval too short.</exception>
    public IAsyncEnumerable<RunChange> WatchAsync(
        RunId run, bool fromStart = true, TimeSpan? interval = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDefault(run);
        var pause = interval ?? TimeSpan.FromSeconds(1);
        ArgumentOutOfRangeException.ThrowIfLessThan(pause, ShortestWatch, nameof(interval));
        return FollowAsync(run, fromStart, pause, cancellationToken);
    }

    private async IAsyncEnumerable<RunChange> FollowAsync(
        RunId run, bool fromStart, TimeSpan interval, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await GetAsync(run, cancellationToken).ConfigureAwait(false);
        var follower = new RunFollower(_store, run, fromStart);
        while (!follower.IsOver)
        {
            RunChange? change = null;
            var waits = true;
            try
            {
                change = await follower.PollAsync(cancellationToken).ConfigureAwait(false);
                waits = !follower.HasMore && !follower.IsOver;
            }
            catch (StorageUnavailableException e) when (!e.NeedsRepair)
            {
                // nothing was taken, so the next look finds it again
            }
            catch (NotFoundException)
            {
                // purged while its points were read; the next look sees that
                waits = false;
            }

            if (change is not null)
                yield return change;
            if (waits)
                await Task.Delay(interval, _context.Time, cancellationToken).ConfigureAwait(false);
        }
    }
}
