using System.Globalization;
using System.Text;

namespace Mlops.Storage;

/// <summary>
/// A cell that tells others what its holder does, and ends by itself. Whatever is committed under it renews it, and nothing can be
/// once it has ended. Used by one caller at a time.
/// </summary>
/// <param name="index">Where it is.</param>
/// <param name="key">The cell.</param>
/// <param name="lifetime">How long after the last renewal it ends.</param>
/// <param name="who">The holder; no other who may hold this cell has the same text.</param>
internal sealed class LeaseCell(ContentIndex index, string key, TimeSpan lifetime, string who)
{
    private long _dueTicks;
    private bool _isHeld;

    /// <summary>This process, as others shall read of it.</summary>
    public static string Me => string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}");

    /// <summary>Whether a third of its life is over, so that it should be renewed. Thread-safe.</summary>
    public bool IsDue => Now.UtcTicks >= Volatile.Read(ref _dueTicks);

    private DateTimeOffset Now => index.Time.GetUtcNow();

    /// <summary>Commits cells with the lease; false, and nothing is committed, if it has ended.</summary>
    /// <param name="front">What stands in the cell before the holder.</param>
    /// <param name="cells">The cells.</param>
    /// <param name="cancellationToken">Cancels; then it may be committed or not.</param>
    /// <exception cref="ConflictException">One of the cells is not as expected; or this begins the lease, and another has it.</exception>
    public async Task<bool> TryCommitAsync(byte[] front, IReadOnlyList<CellWrite> cells, CancellationToken cancellationToken)
    {
        // looked up each time, since of an earlier commit it may not be known whether it was done
        var version = _isHeld ? await FindVersionAsync(cancellationToken).ConfigureAwait(false) : 0;
        while (version != 0 || !_isHeld)
        {
            var due = Now + (lifetime / 3);
            var renewal = new CellWrite { Key = key, Value = (byte[])[.. front, .. Encoding.UTF8.GetBytes(who)], Lifetime = lifetime, ExpectedVersion = version };
            try
            {
                await index.CommitAsync([.. cells, renewal], cancellationToken).ConfigureAwait(false);
                Volatile.Write(ref _dueTicks, due.UtcTicks);
                _isHeld = true;
                return true;
            }
            catch (ConflictException)
            {
                var found = await FindVersionAsync(cancellationToken).ConfigureAwait(false);
                if (found == version)
                    throw; // one of the other cells

                // it has ended, or such an earlier commit was done just now
                (version, _isHeld) = (found, true);
            }
        }

        return false;
    }

    /// <summary>Ends it, if it has not ended.</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        if (await FindVersionAsync(cancellationToken).ConfigureAwait(false) is not 0 and var version)
            await index.CommitUnchangedAsync([new CellWrite { Key = key, ExpectedVersion = version }], cancellationToken).ConfigureAwait(false);
    }

    private async Task<long> FindVersionAsync(CancellationToken cancellationToken) =>
        await index.FindCellAsync(key, cancellationToken).ConfigureAwait(false) is { } cell && cell.Value.Span.EndsWith(Encoding.UTF8.GetBytes(who))
            ? cell.Version
            : 0;
}
