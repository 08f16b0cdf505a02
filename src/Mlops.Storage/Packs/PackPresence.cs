namespace Mlops.Storage;

/// <summary>Which packs are there, each looked up once. Used by one caller at a time.</summary>
internal sealed class PackPresence(PackStore packs)
{
    private readonly Dictionary<Digest, bool> _known = [];

    public async ValueTask<bool> HasAsync(Digest pack, CancellationToken cancellationToken)
    {
        if (!_known.TryGetValue(pack, out var isThere))
            _known[pack] = isThere = await packs.FindAsync(pack, cancellationToken).ConfigureAwait(false) is not null;
        return isThere;
    }
}
