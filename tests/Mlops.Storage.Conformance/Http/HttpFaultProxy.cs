using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mlops.Storage.Conformance;

/// <summary>
/// Stands between a client of HTTP/1.1 and its server on loopback. It passes every byte on as it came, so that signatures stay
/// right, and does to single exchanges what it is told. Thread-safe.
/// </summary>
public sealed class HttpFaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<HttpCall> _calls = new();
    private readonly HashSet<Socket> _open = [];
    private readonly Lock _gate = new();
    private readonly int _server;
    private readonly Task _accepting;
    private int _struck;

    /// <summary>Starts to listen.</summary>
    /// <param name="server">The port of the server on 127.0.0.1; it may come and go.</param>
    public HttpFaultProxy(int server)
    {
        _server = server;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Asked for each request, from several threads at once; null for no fault. Null for never any.</summary>
    public Func<HttpCall, HttpFault?>? Rule
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>What came, in the order in which it came.</summary>
    public IReadOnlyList<HttpCall> Calls => [.. _calls];

    /// <summary>How many exchanges had a fault.</summary>
    public int Struck => Volatile.Read(ref _struck);

    /// <summary>Replaces the rule: this fault for the first so many requests that fit, then none.</summary>
    public void Strike(int times, Func<HttpCall, bool> when, HttpFault fault) =>
        Rule = call => when(call) && Interlocked.Decrement(ref times) >= 0 ? fault : null;

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

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _stop.Dispose();
    }

    private static void Close(Socket socket, bool isCut)
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

    private static void Require([DoesNotReturnIf(false)] bool holds)
    {
        if (!holds)
            throw new SocketException((int)SocketError.ConnectionReset);
    }

    private static bool IsExpected(Exception e) =>
        e is SocketException or OperationCanceledException or ObjectDisposedException;

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
            var (near, far) = (new HttpLine(client, _stop.Token), new HttpLine(server, _stop.Token));
            while (await near.ReadHeadAsync() is { } head && await ExchangeAsync(head, near, far, server))
            {
            }

            isCut = false;
        }
        catch (Exception e) when (IsExpected(e))
        {
            // a fault, or the server is away
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

    /// <summary>False if the connection ends in peace with this exchange; where it is to be cut, this throws.</summary>
    private async Task<bool> ExchangeAsync(HttpHead head, HttpLine client, HttpLine server, Socket socket)
    {
        var call = HttpCall.Of(head);
        _calls.Enqueue(call);
        var fault = Rule?.Invoke(call);
        if (fault is not null)
            Interlocked.Increment(ref _struck);
        if (fault?.Meanwhile is { } meanwhile)
            await meanwhile();
        Require(fault is not { IsLost: true });
        if (fault?.StatusCode is { } status)
            return await AnswerAsync(head, client, status, fault.Headers);

        if (!socket.Connected)
            await socket.ConnectAsync(IPAddress.Loopback, _server, _stop.Token);
        await server.SendAsync(head.Bytes);

        // side by side, for a server may ask for the body first ("100 Continue"), or refuse before it has all of it
        var sending = SendBodyAsync();
        var goesOn = await PassAnswerAsync(call.Method, server, client, fault);
        await sending;
        return goesOn;

        async Task SendBodyAsync()
        {
            try
            {
                Require(!HasBody(head) || await client.PassBodyAsync(head, server, fault?.Request ?? HttpDamage.None));
            }
            catch (Exception e) when (IsExpected(e))
            {
                // or the answer would be waited for in vain
                Close(socket, isCut: true);
                throw;
            }
        }
    }

    private static async Task<bool> PassAnswerAsync(string method, HttpLine server, HttpLine client, HttpFault? fault)
    {
        var answer = await server.ReadHeadAsync();
        for (; answer is { StatusCode: < 200 }; answer = await server.ReadHeadAsync())
            await client.SendAsync(answer.Bytes);
        Require(answer is not null);
        var target = fault is { IsSwallowed: true } ? null : client;
        if (target is not null)
            await target.SendAsync(answer.Bytes);
        var hasBody = method != "HEAD" && answer.StatusCode is not (204 or 304);
        var isWhole = !hasBody || await server.PassBodyAsync(answer, target, fault?.Answer ?? HttpDamage.None);
        if (fault is { Answer: HttpDamage.Half })
            return false; // in peace, for a reset could overtake the half that the client is to see
        Require(isWhole && target is not null);
        return !IsLast(answer) && !(hasBody && answer is { IsChunked: false, ContentLength: null });
    }

    private static async Task<bool> AnswerAsync(HttpHead head, HttpLine client, int status, string? extra)
    {
        // a body that is not taken first would reset the connection before the client has read the answer
        if (head.Headers.ContainsKey("Expect"))
            await client.SendAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray());
        Require(!HasBody(head) || await client.PassBodyAsync(head, to: null, HttpDamage.None));
        var more = extra is null ? "" : extra + "\r\n";
        await client.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} Fault\r\nContent-Length: 0\r\n{more}\r\n"));
        return !IsLast(head);
    }

    private static bool HasBody(HttpHead head) => head.IsChunked || head.ContentLength > 0;

    private static bool IsLast(HttpHead head) => head.Headers.GetValueOrDefault("Connection", "").Equals("close", StringComparison.OrdinalIgnoreCase);
}
