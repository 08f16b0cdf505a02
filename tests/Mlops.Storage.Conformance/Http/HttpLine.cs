using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Mlops.Storage.Conformance;

/// <summary>One end of a connection: what comes is read message by message, every byte as it came.</summary>
internal sealed class HttpLine(Socket socket, CancellationToken stop)
{
    private const int MostHeadBytes = 64 * 1024;
    private readonly byte[] _buffer = new byte[MostHeadBytes];
    private int _start;
    private int _end;

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, stop)..];
    }

    /// <summary>The next head with its blank line; null where the peer has closed.</summary>
    public async Task<HttpHead?> ReadHeadAsync()
    {
        int at;
        while ((at = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await FillAsync())
                return null;
        }

        return new HttpHead(Take(at + 4).ToArray());
    }

    /// <summary>
    /// Passes a body on, or reads it only; false where the damage or the peer ended it early. Without a length, and not in chunks,
    /// it goes up to the end of the connection.
    /// </summary>
    public async Task<bool> PassBodyAsync(HttpHead head, HttpLine? to, HttpDamage damage)
    {
        if (!head.IsChunked)
            return await PassAsync(head.ContentLength ?? long.MaxValue, to, damage) || (head.ContentLength is null && damage != HttpDamage.Half);
        while (true)
        {
            var line = await ReadLineAsync();
            if (line is null)
                return false;
            await SendToAsync(to, line);
            var size = long.Parse(Encoding.ASCII.GetString(line).Split(';')[0].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size > 0 && !await PassAsync(size, to, damage))
                return false;
            damage = HttpDamage.None;

            // the end of a chunk, or the trailers up to the blank line
            do
            {
                line = await ReadLineAsync();
                if (line is null)
                    return false;
                await SendToAsync(to, line);
            }
            while (size == 0 && line.Length > 2);
            if (size == 0)
                return true;
        }
    }

    private static Task SendToAsync(HttpLine? to, ReadOnlyMemory<byte> bytes) => to?.SendAsync(bytes) ?? Task.CompletedTask;

    private async Task<bool> PassAsync(long length, HttpLine? to, HttpDamage damage)
    {
        var middle = length == long.MaxValue ? 0 : length / 2;
        var limit = damage == HttpDamage.Half && length != long.MaxValue ? middle : length;
        for (long at = 0; at < limit;)
        {
            if (_start == _end && !await FillAsync())
                return false;
            var piece = Take((int)Math.Min(_end - _start, limit - at));
            if (damage == HttpDamage.Flip && middle >= at && middle < at + piece.Length)
                piece.Span[(int)(middle - at)] ^= 0x10;
            await SendToAsync(to, piece);
            at += piece.Length;
            if (damage == HttpDamage.Half && limit == long.MaxValue)
                return false;
        }

        return damage != HttpDamage.Half;
    }

    private async Task<byte[]?> ReadLineAsync()
    {
        int at;
        while ((at = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
        {
            if (!await FillAsync())
                return null;
        }

        return Take(at + 2).ToArray();
    }

    private Memory<byte> Take(int count)
    {
        var taken = _buffer.AsMemory(_start, count);
        _start += count;
        return taken;
    }

    private async Task<bool> FillAsync()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
            throw new InvalidDataException("A head or line is longer than the proxy takes.");
        var read = await socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, stop);
        _end += read;
        return read > 0;
    }
}
