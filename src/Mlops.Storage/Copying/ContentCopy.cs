namespace Mlops.Storage;

/// <summary>Copies objects that the target lacks, checked while they are read and again while they are stored.</summary>
internal sealed class ContentCopy(ContentStore from, ContentStore to, CopyState state)
{
    private readonly HashSet<Digest> _known = [];

    public async Task CopyAsync(Digest digest, string what, CancellationToken cancellationToken)
    {
        if (!_known.Add(digest) || await to.IsKeptAsync(digest, cancellationToken).ConfigureAwait(false))
            return;
        try
        {
            var stream = await from.OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                var stored = await to.PutAsync(stream, cancellationToken).ConfigureAwait(false);
                state.Objects++;
                state.ObjectBytes += stored.SizeBytes;
            }
        }
        catch (Exception e) when (e is NotFoundException or IntegrityException)
        {
            // the rest of the store is still worth copying
            state.Differences.Add($"{what}: content {digest} was not copied: {e.Message}");
        }
    }
}
