using System.Diagnostics;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Tells what became of a transaction whose answer got lost. Each transaction inserts a row of its own, numbered by this open
/// store. To find out, the same row is inserted as a fence: if it is there already, the transaction did commit; if not, it never
/// can, even if it is still on its way to the server. If it is just being committed, the insert waits for its end.
/// </summary>
internal sealed class CommitMarker(Database database)
{
    private const long OldMicroseconds = 30L * 24 * 60 * 60 * 1_000_000;

    private readonly RecordId _instance = new IdGenerator().Next();
    private long _sequence;

    /// <summary>Adds the row of a new transaction, and removes the one before. Fences stay: what they hold off may still come.</summary>
    public long Add(Round round)
    {
        var sequence = ++_sequence;
        round.Add("DELETE FROM mlops.commits WHERE instance = $1 AND NOT fence", Args.Of(_instance));
        Insert(round, sequence, fence: false);
        return sequence;
    }

    /// <summary>Whether the transaction committed.</summary>
    /// <exception cref="StorageUnavailableException">The server did not come back in time to tell, or the caller waits no longer.</exception>
    public async Task<bool> ResolveAsync(long sequence, TimeSpan patience, Exception cause, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return !await FenceAsync(sequence, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgreSqlFailure.IsOfDatabase(e) || cancellationToken.IsCancellationRequested)
            {
                if (Stopwatch.GetElapsedTime(started) >= patience || cancellationToken.IsCancellationRequested)
                    throw Unknown(patience, cause, cancellationToken.IsCancellationRequested);
            }

            await Database.DelayAsync(attempt, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Removes the rows of this open store, and those that dead ones left long ago.</summary>
    public async Task RemoveAsync()
    {
        if (_sequence == 0)
            return;
        var connection = await database.OpenAsync(CancellationToken.None).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            // a fence must outlive what it holds off, so it goes with age only
            await new Round(database, connection)
                .Add("DELETE FROM mlops.commits WHERE instance = $1 AND NOT fence", Args.Of(_instance))
                .Add("DELETE FROM mlops.commits WHERE made < $1", Args.Of(Now() - OldMicroseconds))
                .ExecuteAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    // true if the fence stands; the second statement sees what the first one waited for, also a fence whose own answer got lost
    private async Task<bool> FenceAsync(long sequence, CancellationToken cancellationToken)
    {
        var connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var stands = false;
            var round = new Round(database, connection);
            Insert(round, sequence, fence: true);
            await round.Add("SELECT fence FROM mlops.commits WHERE instance = $1 AND sequence = $2", Args.Of(_instance), Args.Of(sequence))
                .ReadRowsAsync(cancellationToken, row => stands = row.GetBoolean(0)).ConfigureAwait(false);
            return stands;
        }
    }

    private void Insert(Round round, long sequence, bool fence) => round.Add(
        "INSERT INTO mlops.commits (instance, sequence, fence, made) VALUES ($1, $2, $3, $4)" + (fence ? " ON CONFLICT (instance, sequence) DO NOTHING" : ""),
        Args.Of(_instance),
        Args.Of(sequence),
        Args.Of(fence),
        Args.Of(Now()));

    private long Now() => Microseconds.From(database.Options.Time.GetUtcNow());

    private StorageUnavailableException Unknown(TimeSpan patience, Exception cause, bool isCancelled) => new(
        $"The connection to the store '{database.Location}' broke while a batch was being committed, and "
        + (isCancelled ? "the call was cancelled before the server could" : $"the server did not come back within {patience.TotalSeconds:0.###} s to")
        + " tell whether it was. A batch with a key may be sent again without harm; of another, read what is stored first.",
        cause);
}
