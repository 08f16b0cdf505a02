using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Mlops.Storage;

/// <summary>The packs of an object store, at <c>packs/ab/ab…</c>.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for holds nothing to free.")]
internal sealed class PackStore(IObjectStore objects)
{
    private const string Prefix = "packs/";

    // most footers fit, so that reading one takes one request
    private const int GuessedFooterBytes = 16 * 1024;

    /// <summary>How many packs are stored side by side, whoever stores them: each takes 8 MiB of memory until it is stored.</summary>
    public SemaphoreSlim Slots { get; } = new(6);

    public string Location => objects.Location;

    public static ObjectName NameOf(Digest pack) => DigestName.Of(Prefix, pack);

    /// <summary>Stores a pack; durable when it returns.</summary>
    public async Task PutAsync(Pack pack, CancellationToken cancellationToken)
    {
        var content = new MemoryStream(pack.Bytes.Array!, pack.Bytes.Offset, pack.Bytes.Count, writable: false, publiclyVisible: true);
        await using (content.ConfigureAwait(false))
        {
            if (await objects.PutIfAbsentAsync(NameOf(pack.Name), content, cancellationToken).ConfigureAwait(false) == PutOutcome.Created)
                return;
        }

        // names do not repeat, so it is this pack, of an attempt whose answer was lost; it counts once its bytes are seen (W6)
        var stored = await ReadAsync(pack.Name, 0, pack.Bytes.Count, cancellationToken).ConfigureAwait(false);
        if (!stored.AsSpan().SequenceEqual(pack.Bytes))
            throw new IntegrityException($"Object '{NameOf(pack.Name)}' in '{Location}' came back other than it was stored; check the storage.");
    }

    /// <summary>Reads all of a pack; null if there is none.</summary>
    public async Task<byte[]?> TryReadAsync(Digest pack, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(pack, cancellationToken).ConfigureAwait(false) is { } found
                ? await ReadAsync(pack, 0, checked((int)found.SizeBytes), cancellationToken).ConfigureAwait(false)
                : null;
        }
        catch (NotFoundException)
        {
            return null;
        }
    }

    /// <summary>Reads a range; shorter than asked for if the pack ends before.</summary>
    /// <exception cref="NotFoundException">There is no such pack.</exception>
    public async Task<byte[]> ReadAsync(Digest pack, int offset, int length, CancellationToken cancellationToken)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(length);
        var read = await ReadAsync(pack, offset, bytes.AsMemory(), cancellationToken).ConfigureAwait(false);
        return read == length ? bytes : bytes[..read];
    }

    /// <summary>Fills the destination with a range; gives how much of it, less than all if the pack ends before.</summary>
    /// <exception cref="NotFoundException">There is no such pack.</exception>
    public async Task<int> ReadAsync(Digest pack, int offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        try
        {
            var stream = await objects.OpenReadAsync(NameOf(pack), offset, destination.Length, cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
                return await stream.ReadAtLeastAsync(destination, destination.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentOutOfRangeException)
        {
            return 0; // the pack was cut off before the range
        }
    }

    /// <summary>What a pack holds; null if its footer is damaged.</summary>
    /// <exception cref="NotFoundException">There is no such pack.</exception>
    public async Task<IReadOnlyList<PackEntry>?> ReadFooterAsync(PackInfo pack, CancellationToken cancellationToken)
    {
        for (var guess = (int)Math.Min(pack.SizeBytes, GuessedFooterBytes); ;)
        {
            var end = await ReadAsync(pack.Name, (int)(pack.SizeBytes - guess), guess, cancellationToken).ConfigureAwait(false);
            if (end.Length < PackFooter.TrailerBytes)
                return null;
            var body = end.Length - PackFooter.TrailerBytes;
            var length = PackFooter.LengthOf(end.AsSpan(body));
            if (length < 0 || length > pack.SizeBytes - PackFooter.TrailerBytes)
                return null;
            if (length <= body)
                return PackFooter.TryRead(end.AsSpan(body - length, length), pack.Name);
            guess = length + PackFooter.TrailerBytes;
        }
    }

    public async Task<PackInfo?> FindAsync(Digest pack, CancellationToken cancellationToken) =>
        await objects.FindAsync(NameOf(pack), cancellationToken).ConfigureAwait(false) is { } found ? new PackInfo(pack, found.SizeBytes) : null;

    public async IAsyncEnumerable<PackInfo> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (digest, size) in DigestName.ListAsync(objects, Prefix, cancellationToken).ConfigureAwait(false))
            yield return new PackInfo(digest, size);
    }

    public Task<bool> DeleteAsync(ObjectName name, CancellationToken cancellationToken) => objects.DeleteAsync(name, cancellationToken);
}
