namespace Mlops.Storage.AzureBlobs;

/// <summary>
/// The body of an answer. The SDK's stream below asks for the rest where it breaks off; when it gives up, the error is ours.
/// </summary>
internal sealed class BlobReadStream(Stream body, string what, string location) : ReadOnlyStream
{
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return body.Read(buffer);
        }
        catch (Exception e) when (BlobTrouble.IsTrouble(e, CancellationToken.None))
        {
            throw BlobTrouble.Explain(e, what, location);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (BlobTrouble.IsTrouble(e, cancellationToken))
        {
            throw BlobTrouble.Explain(e, what, location);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await body.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            body.Dispose();
        base.Dispose(disposing);
    }
}
