namespace Mlops.Storage;

/// <summary>Lets one collection or rebuild of a store run at a time.</summary>
internal static class UpkeepLease
{
    /// <summary>How long one that was killed keeps others out, and how long one may take to write down what it has found.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private const string Key = "lease/garbage";

    /// <exception cref="ConflictException">Another one is under way.</exception>
    public static async Task<T> WithAsync<T>(ContentIndex index, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        var lease = new CellWrite { Key = Key, Value = new byte[1], Lifetime = Lifetime, ExpectedVersion = 0 };
        try
        {
            await index.CommitAsync([lease], cancellationToken).ConfigureAwait(false);
        }
        catch (ConflictException e)
        {
            throw new ConflictException("The contents of this store are being collected or indexed already, or that was killed within the last half hour; try again later.", e);
        }

        var mine = await index.Store.FindCellAsync(Key, CancellationToken.None).ConfigureAwait(false);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            // one that took longer than its lease leaves that of the next
            if (mine is not null)
                await index.CommitUnchangedAsync([new CellWrite { Key = Key, ExpectedVersion = mine.Version }], CancellationToken.None).ConfigureAwait(false);
        }
    }
}
