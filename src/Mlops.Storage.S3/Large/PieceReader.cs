namespace Mlops.Storage.S3;

/// <summary>Reads a stream in pieces and knows after each whether it was the last, by one byte read ahead.</summary>
internal sealed class PieceReader(Stream content)
{
    private readonly byte[] _ahead = new byte[1];
    private int _aheadBytes;

    public bool IsAtEnd { get; private set; }

    /// <summary>Fills the piece, which is not empty, unless the stream ends before; gives the bytes read.</summary>
    public async Task<int> ReadAsync(Memory<byte> piece, CancellationToken cancellationToken)
    {
        _ahead.AsMemory(0, _aheadBytes).CopyTo(piece);
        var rest = piece[_aheadBytes..];
        var count = _aheadBytes + await content.ReadAtLeastAsync(rest, rest.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        _aheadBytes = count < piece.Length ? 0 : await content.ReadAsync(_ahead, cancellationToken).ConfigureAwait(false);
        IsAtEnd = _aheadBytes == 0;
        return count;
    }
}
