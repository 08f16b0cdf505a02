using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Mlops.Storage.Conformance;

/// <summary>Stands between clients and their server on loopback, and can cut what it joins. Thread-safe.</summary>
public abstract class LoopbackProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly HashSet<Socket> _open = [];
    private readonly Lock _gate = new();
    private readonly int _server;
    private readonly Task _accepting;

    /// <summary>Starts to listen.</summary>
    /// <param name="server">The port of the server on 127.0.0.1; it may come and go.</param>
    protected LoopbackProxy(int server)
    {
        _server = server;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens on 127.0.0.1.</summary>
    public int Port { get; }

    protected CancellationToken Stopped => _stop.Token;

    /// <summary>Cuts every connection that is open.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            foreach (var socket in _open)
                Close(socket, isCut: true);
            _open.Clear();
        }
    }

    /// <summary>Stops.</summary>
    /// <exception cref="AggregateException">What the test did on the way threw.</exception>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _stop.Dispose();
        GC.SuppressFinalize(this);
        if (!_failures.IsEmpty)
            throw new AggregateException(_failures);
    }

    /// <summary>Serves one connection; true if it ends in peace, false if it is to be cut, as it is after an exception.</summary>
    /// <param name="client">Who connected.</param>
    /// <param name="server">Not connected yet.</param>
    protected abstract Task<bool> ServeAsync(Socket client, Socket server);

    protected ValueTask ConnectAsync(Socket server) => server.ConnectAsync(IPAddress.Loopback, _server, _stop.Token);

    protected static bool IsExpected(Exception e) => e is SocketException or OperationCanceledException or ObjectDisposedException;

    protected static void Close(Socket socket, bool isCut)
    {
        try
        {
            // a reset, as of a network that is gone
            if (isCut)
                socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (IsExpected(e))
        {
            // closed already
        }

        socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptSocketAsync(_stop.Token));
        }
        catch (Exception e) when (IsExpected(e))
        {
            // stopped
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        lock (_gate)
        {
            _open.Add(client);
            _open.Add(server);
        }

        var isCut = true;
        try
        {
            isCut = !await ServeAsync(client, server);
        }
        catch (Exception e) when (IsExpected(e))
        {
            // a fault, or the server is away
        }
        catch (Exception e)
        {
            _failures.Enqueue(e);
        }
        finally
        {
            lock (_gate)
            {
                _open.Remove(client);
                _open.Remove(server);
            }

            Close(client, isCut);
            Close(server, isCut);
        }
    }
}
