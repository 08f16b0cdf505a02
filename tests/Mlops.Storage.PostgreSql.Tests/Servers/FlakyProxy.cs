using System.Net.Sockets;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>
/// Stands between a store and its server on loopback: delays, cuts, loses what is sent, or swallows the answer to a COMMIT. It
/// knows the protocol only by the tags of finished statements.
/// </summary>
internal sealed class FlakyProxy(int server) : LoopbackProxy(server)
{
    private static readonly byte[] Begun = "BEGIN\0"u8.ToArray();
    private static readonly byte[] Committed = "COMMIT\0"u8.ToArray();
    private static readonly byte[] Ready = [(byte)'Z', 0, 0, 0, 5];

    private int _rounds;
    private int _fault;
    private volatile bool _isDown;

    /// <summary>Added to each piece in each direction.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>While this is set, every connection is cut as soon as it is made.</summary>
    public bool IsDown
    {
        get => _isDown;
        set
        {
            _isDown = value;
            if (value)
                Cut();
        }
    }

    /// <summary>How often the server was ready for more, which is the number of round trips.</summary>
    public int Rounds => Volatile.Read(ref _rounds);

    /// <summary>Does this once, at the next occasion.</summary>
    public void Arm(ProxyFault fault) => Volatile.Write(ref _fault, (int)fault);

    public bool IsArmed => Volatile.Read(ref _fault) != 0;

    protected override async Task<bool> ServeAsync(Socket client, Socket server)
    {
        if (_isDown)
            return false;
        await ConnectAsync(server);
        var connection = new Pair(client, server);
        await Task.WhenAny(PumpAsync(connection, toServer: true), PumpAsync(connection, toServer: false));
        return false;
    }

    private async Task PumpAsync(Pair pair, bool toServer)
    {
        var (from, to) = toServer ? (pair.Client, pair.Server) : (pair.Server, pair.Client);
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, SocketFlags.None, Stopped) is var count and > 0)
            {
                if (Delay > TimeSpan.Zero)
                    await Task.Delay(Delay, Stopped);
                var piece = buffer.AsMemory(0, count);
                if (!toServer)
                    Note(pair, piece.Span);
                if (IsFatal(pair, toServer, piece.Span))
                    return;
                await to.SendAsync(piece, SocketFlags.None, Stopped);
            }
        }
        catch (Exception e) when (IsExpected(e))
        {
            // cut
        }
    }

    private void Note(Pair pair, ReadOnlySpan<byte> piece)
    {
        for (var rest = piece; rest.IndexOf(Ready) is var at and >= 0; rest = rest[(at + Ready.Length)..])
            Interlocked.Increment(ref _rounds);
        var begun = piece.LastIndexOf(Begun);
        var committed = piece.LastIndexOf(Committed);
        if (begun != committed)
            pair.IsInTransaction = begun > committed;
    }

    private bool IsFatal(Pair pair, bool toServer, ReadOnlySpan<byte> piece)
    {
        var fault = (ProxyFault)Volatile.Read(ref _fault);
        var strikes = fault switch
        {
            ProxyFault.LoseWrites => toServer && pair.IsInTransaction,
            ProxyFault.SwallowCommit => !toServer && piece.IndexOf(Committed) >= 0,
            _ => false,
        };
        return strikes && Interlocked.CompareExchange(ref _fault, 0, (int)fault) == (int)fault;
    }

    private sealed class Pair(Socket client, Socket server)
    {
        public Socket Client { get; } = client;

        public Socket Server { get; } = server;

        public volatile bool IsInTransaction;
    }
}
