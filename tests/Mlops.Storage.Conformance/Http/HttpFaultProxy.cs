using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Text;

namespace Mlops.Storage.Conformance;

/// <summary>
/// Stands between a client of HTTP/1.1 and its server on loopback. It passes every byte on as it came, so that signatures stay
/// right, and does to single exchanges what it is told. Thread-safe.
/// </summary>
/// <param name="server">The port of the server on 127.0.0.1; it may come and go.</param>
public sealed class HttpFaultProxy(int server) : LoopbackProxy(server)
{
    private readonly ConcurrentQueue<HttpCall> _calls = new();
    private int _struck;

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

    protected override async Task<bool> ServeAsync(Socket client, Socket server)
    {
        var (near, far) = (new HttpLine(client, Stopped), new HttpLine(server, Stopped));
        while (await near.ReadHeadAsync() is { } head && await ExchangeAsync(head, near, far, server))
        {
        }

        return true;
    }

    private static void Require([DoesNotReturnIf(false)] bool holds)
    {
        if (!holds)
            throw new SocketException((int)SocketError.ConnectionReset);
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
            await ConnectAsync(socket);
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
