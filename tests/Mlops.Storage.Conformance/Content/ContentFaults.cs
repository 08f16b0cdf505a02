using Xunit;

namespace Mlops.Storage.Conformance;

/// <summary>Contents that go to a remote store and back over a line on which every fifth request meets a fault.</summary>
public static class ContentFaults
{
    private static readonly HttpFault[] Faults =
    [
        HttpFault.Status(429),
        HttpFault.SwallowAnswer,
        HttpFault.Status(500),
        HttpFault.HalfAnswer,
        HttpFault.CloseBefore,
        HttpFault.HalfRequest,
        HttpFault.FlippedAnswer,
        HttpFault.Status(503),
    ];

    /// <summary>Nothing is lost, and nothing is wrong.</summary>
    public static async Task AssertNothingLostAsync(HttpFaultProxy line, IObjectStore objects, IMetadataStore index)
    {
        var requests = 0;
        line.Rule = call =>
        {
            var request = Interlocked.Increment(ref requests);
            var fault = request % 5 == 0 ? Faults[request / 5 % Faults.Length] : null;

            // what is no content has no digest of its own: the line is as safe as its transport
            return fault == HttpFault.FlippedAnswer && !(call.Method == "GET" && call.Path.Contains("packs/", StringComparison.Ordinal)) ? null : fault;
        };
        var content = new ContentStore(objects, index);
        var contents = Enumerable.Range(0, 30).Select(i => Noise(i % 10 == 0 ? 12_000_000 : 5_000, i)).ToList();
        foreach (var bytes in contents)
            await content.PutAsync(bytes);
        foreach (var bytes in contents)
            Assert.Equal(bytes, await content.ReadAllAsync(Digest.Of(bytes)));
        Assert.True(line.Struck > 10, $"{line.Struck} faults");
        line.Rule = null;
        Assert.True((await content.ScrubAsync(long.MaxValue)).IsSound);
    }

    private static byte[] Noise(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
