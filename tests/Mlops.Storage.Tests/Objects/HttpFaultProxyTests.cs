using System.Net;
using System.Net.Sockets;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.Tests.Objects;

/// <summary>The proxy does what tests of remote stores rely on: nothing by itself, and exactly one thing when told.</summary>
public sealed class HttpFaultProxyTests : IAsyncLifetime, IDisposable
{
    private static readonly byte[] Body = [.. Enumerable.Range(0, 300_000).Select(i => (byte)i)];
    private readonly HttpListener _server = new();
    private readonly List<byte[]> _arrived = [];
    private readonly HttpFaultProxy _proxy;
    private readonly HttpClient _client;
    private string? _host;

    public HttpFaultProxyTests()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        _server.Prefixes.Add($"http://*:{port}/");
        _server.Start();
        _ = EchoAsync();
        _proxy = new HttpFaultProxy(port);
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_proxy.Port}") };
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _proxy.DisposeAsync();

    public void Dispose()
    {
        _client.Dispose();
        _server.Close();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Rule_none_passesEveryByteOn(bool isChunked, bool expectsContinue)
    {
        for (var i = 0; i < 3; i++)
        {
            using var request = Put(isChunked);
            request.Headers.ExpectContinue = expectsContinue;
            using var answer = await _client.SendAsync(request);
            Assert.Equal(Body, await answer.Content.ReadAsByteArrayAsync());
        }

        Assert.Equal($"127.0.0.1:{_proxy.Port}", _host);
        Assert.All(_arrived, body => Assert.Equal(Body, body));
        var call = _proxy.Calls[2];
        Assert.Equal(("PUT", "/a%20b", "c d", ""), (call.Method, call.Path, call.Query["q"], call.Query["empty"]));
        Assert.Equal(0, _proxy.Struck);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Status_isAnsweredAsOftenAsTold(bool expectsContinue)
    {
        _proxy.Strike(2, call => call.Method == "PUT", HttpFault.Status(503, "Retry-After: 0"));
        for (var i = 0; i < 3; i++)
        {
            using var request = Put();
            request.Headers.ExpectContinue = expectsContinue;
            using var answer = await _client.SendAsync(request);
            Assert.Equal(i < 2 ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Equal((2, 1), (_proxy.Struck, _arrived.Count));
    }

    [Fact]
    public async Task CloseBefore_serverSeesNothing()
    {
        await AssertFailsAsync(HttpFault.CloseBefore);
        Assert.Empty(_arrived);
    }

    [Fact]
    public async Task HalfRequest_serverNeverHasTheWholeBody()
    {
        await AssertFailsAsync(HttpFault.HalfRequest);
        Assert.Empty(_arrived);
    }

    [Fact]
    public async Task SwallowAnswer_serverHasDoneItsWork()
    {
        await AssertFailsAsync(HttpFault.SwallowAnswer);
        Assert.Equal(Body, Assert.Single(_arrived));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HalfAnswer_clientGetsHalf(bool isChunked)
    {
        _proxy.Strike(1, _ => true, HttpFault.HalfAnswer);
        using var request = Put(isChunked);
        using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await answer.Content.ReadAsStreamAsync();
        var half = new byte[Body.Length / 2];
        await stream.ReadExactlyAsync(half);
        Assert.Equal(Body[..half.Length], half);
        await Assert.ThrowsAnyAsync<IOException>(async () => await stream.ReadExactlyAsync(new byte[1]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Flipped_oneBitInTheMiddleDiffers(bool inRequest)
    {
        _proxy.Strike(1, _ => true, inRequest ? HttpFault.FlippedRequest : HttpFault.FlippedAnswer);
        using var answer = await _client.SendAsync(Put());
        var echoed = await answer.Content.ReadAsByteArrayAsync();
        var expected = Body.ToArray();
        expected[Body.Length / 2] ^= 0x10;
        Assert.Equal(expected, echoed);
        Assert.Equal(inRequest ? expected : Body, Assert.Single(_arrived));
    }

    [Fact]
    public async Task After_happensBeforeTheServerSeesTheRequest()
    {
        var seen = -1;
        _proxy.Strike(1, _ => true, HttpFault.After(() =>
        {
            seen = _arrived.Count;
            return Task.CompletedTask;
        }));
        using var answer = await _client.SendAsync(Put());
        Assert.Equal((0, 1), (seen, _arrived.Count));
    }

    [Fact]
    public async Task Strike_manyRequestsAtOnce_countsExactly()
    {
        _proxy.Strike(7, _ => true, HttpFault.Status(429));
        var codes = await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
        {
            using var answer = await _client.GetAsync(new Uri("/", UriKind.Relative));
            return answer.StatusCode;
        }));
        Assert.Equal(7, codes.Count(c => c == HttpStatusCode.TooManyRequests));
        Assert.Equal(40, _proxy.Calls.Count);
    }

    private static HttpRequestMessage Put(bool isChunked = false)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, "/a%20b?q=c%20d&empty") { Content = new ByteArrayContent(Body) };
        request.Headers.TransferEncodingChunked = isChunked ? true : null;
        return request;
    }

    private async Task AssertFailsAsync(HttpFault fault)
    {
        _proxy.Strike(1, _ => true, fault);
        await Assert.ThrowsAsync<HttpRequestException>(() => _client.SendAsync(Put()));
        Assert.Equal(1, _proxy.Struck);
    }

    private async Task EchoAsync()
    {
        try
        {
            while (true)
                _ = EchoAsync(await _server.GetContextAsync());
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // closed
        }
    }

    private async Task EchoAsync(HttpListenerContext context)
    {
        using var body = new MemoryStream();
        try
        {
            await context.Request.InputStream.CopyToAsync(body);
        }
        catch (HttpListenerException)
        {
            return; // cut
        }

        var bytes = body.ToArray();
        _host = context.Request.Headers["Host"];
        if (bytes.Length > 0)
        {
            lock (_arrived)
                _arrived.Add(bytes);
        }

        if (context.Request.ContentLength64 >= 0)
            context.Response.ContentLength64 = bytes.Length;
        await context.Response.OutputStream.WriteAsync(bytes);
        context.Response.Close();
    }
}
