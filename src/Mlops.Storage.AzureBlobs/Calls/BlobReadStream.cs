namespace Mlops.Storage.AzureBlobs;

/// <summary>
/// The body of an answer. The SDK's stream below asks for the rest where it breaks off; when it gives up, the error is ours.
/// </summary>
internal sealed class BlobReadStream(Stream body, string what, string location) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException("The stream has no length; read it to its end.");

    public override long Position
    {
        get => throw new NotSupportedException("The stream has no position; read it to its end.");
        set => throw new NotSupportedException("The stream is read from the front; open it again.");
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        try
        {
            return body.Read(buffer, offset, count);
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

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("The stream is read from the front; open it again.");

    public override void SetLength(long value) => throw new NotSupportedException("The stream is for reading.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The stream is for reading.");

    public override void Flush()
    {
        // nothing is ever written
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
