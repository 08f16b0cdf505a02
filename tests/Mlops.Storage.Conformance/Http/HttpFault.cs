namespace Mlops.Storage.Conformance;

/// <summary>What a <see cref="HttpFaultProxy"/> does to one exchange instead of passing it on unchanged.</summary>
public sealed record HttpFault
{
    private HttpFault()
    {
    }

    /// <summary>The request is lost: the connection is cut before anything reaches the server.</summary>
    public static HttpFault CloseBefore { get; } = new() { IsLost = true };

    /// <summary>Half of the request's body reaches the server, then both connections are cut.</summary>
    public static HttpFault HalfRequest { get; } = new() { Request = HttpDamage.Half };

    /// <summary>One bit in the middle of the request's body is another one when it reaches the server.</summary>
    public static HttpFault FlippedRequest { get; } = new() { Request = HttpDamage.Flip };

    /// <summary>The server does its work and answers; the client sees a cut connection. Success after a timeout.</summary>
    public static HttpFault SwallowAnswer { get; } = new() { IsSwallowed = true };

    /// <summary>The client gets half of the answer's body, then the connection ends.</summary>
    public static HttpFault HalfAnswer { get; } = new() { Answer = HttpDamage.Half };

    /// <summary>One bit in the middle of the answer's body is another one when it reaches the client.</summary>
    public static HttpFault FlippedAnswer { get; } = new() { Answer = HttpDamage.Flip };

    internal int? StatusCode { get; private init; }

    internal string? Headers { get; private init; }

    internal Func<Task>? Meanwhile { get; private init; }

    internal bool IsLost { get; private init; }

    internal bool IsSwallowed { get; private init; }

    internal HttpDamage Request { get; private init; }

    internal HttpDamage Answer { get; private init; }

    /// <summary>The server sees nothing of the request; the client gets this answer, with an empty body.</summary>
    /// <param name="code">Such as 503.</param>
    /// <param name="headers">More header lines, such as <c>Retry-After: 1</c>, divided by <c>\r\n</c>.</param>
    public static HttpFault Status(int code, string? headers = null) => new() { StatusCode = code, Headers = headers };

    /// <summary>Something happens, such as the end of the server, after the request came and before it is passed on.</summary>
    public static HttpFault After(Func<Task> happening) => new() { Meanwhile = happening };
}
