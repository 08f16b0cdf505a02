using System.Runtime.CompilerServices;

namespace Mlops.Storage;

/// <summary>
/// Contents as one object each, named <c>sha256/ab/ab…</c> by their digest: what an object store can hold for itself, without an
/// index of contents.
/// </summary>
internal sealed class WholeObjects(IObjectStore objects)
{
    private const string Prefix = "sha256/";
    private const int BufferBytes = 128 * 1024;
    private const int Attempts = 3;

    public static ObjectName NameOf(Digest digest) => DigestName.Of(Prefix, digest);

    public async Task<ObjectInfo?> FindAsync(Digest digest, CancellationToken cancellationToken) =>
        await objects.FindAsync(NameOf(digest), cancellationToken).ConfigureAwait(false);

    public async IAsyncEnumerable<ContentInfo> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (digest, size) in DigestName.ListAsync(objects, Prefix, cancellationToken).ConfigureAwait(false))
            yield return new ContentInfo(digest, size);
    }

    public Task DeleteAsync(Digest digest, CancellationToken cancellationToken) => objects.DeleteAsync(NameOf(digest), cancellationToken);

    /// <summary>Opens content, checked as it is read; null if there is none.</summary>
    public async Task<Stream?> TryOpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        var name = NameOf(digest);
        if (await objects.FindAsync(name, cancellationToken).ConfigureAwait(false) is not { } found)
            return null;
        Stream stream;
        try
        {
            stream = await objects.OpenReadAsync(name, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (NotFoundException)
        {
            return null; // deleted since
        }

        return new VerifyingStream(stream, new ContentInfo(digest, found.SizeBytes), () => new IntegrityException(
            $"Object '{name}' in '{objects.Location}' is damaged: its bytes do not match its digest; store the content again."));
    }

    public async Task PutAsync(ContentInfo info, Func<Stream> open, CancellationToken cancellationToken)
    {
        var name = NameOf(info.Digest);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var content = open();
            await using (content.ConfigureAwait(false))
            {
                if (await objects.PutIfAbsentAsync(name, content, cancellationToken).ConfigureAwait(false) == PutOutcome.Created)
                    return;
            }

            // "already there" is success only once it is proven to be the same (W6); what is proven wrong is replaced, unless
            // another has replaced it while it was read
            var seen = await FindAsync(info.Digest, cancellationToken).ConfigureAwait(false);
            var isSound = await IsSoundAsync(info.Digest, cancellationToken).ConfigureAwait(false);
            if (isSound is true)
                return;
            if (isSound is false && await FindAsync(info.Digest, cancellationToken).ConfigureAwait(false) == seen)
                await objects.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
        }

        throw new IntegrityException(
            $"Object '{name}' in '{objects.Location}' is damaged and comes back damaged after {Attempts} replacements; check the storage.");
    }

    /// <summary>
    /// Whether what is there is the content; null if nothing is there any more. What arrives wrong is read once more, since lines can
    /// fail too.
    /// </summary>
    public async Task<bool?> IsSoundAsync(Digest digest, CancellationToken cancellationToken)
    {
        for (var isRetry = false; ; isRetry = true)
        {
            try
            {
                if (await TryOpenAsync(digest, cancellationToken).ConfigureAwait(false) is not { } stream)
                    return null;
                await using (stream.ConfigureAwait(false))
                    await stream.CopyToAsync(Stream.Null, BufferBytes, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (IntegrityException)
            {
                if (isRetry)
                    return false;
            }
        }
    }
}
