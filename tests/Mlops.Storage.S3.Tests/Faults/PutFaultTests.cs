using System.Net;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.S3.Tests.Faults;

/// <summary>One fault at one request of a put: the object is there in the end, once and as it was sent.</summary>
[Collection(SharedServer.Name)]
public sealed class PutFaultTests(CephServer server)
{
    private static readonly Dictionary<string, HttpFault> Faults = new()
    {
        ["409"] = HttpFault.Status(409),
        ["429"] = HttpFault.Status(429),
        ["500"] = HttpFault.Status(500),
        ["503"] = HttpFault.Status(503, "Retry-After: 0"),
        ["lost"] = HttpFault.CloseBefore,
        ["half"] = HttpFault.HalfRequest,
        ["flipped"] = HttpFault.FlippedRequest,
        ["success after a timeout"] = HttpFault.SwallowAnswer,
    };

    public static TheoryData<PutStep, string> StepsAndFaults
    {
        get
        {
            var data = new TheoryData<PutStep, string>();
            foreach (var step in Enum.GetValues<PutStep>())
            {
                foreach (var fault in Faults.Keys.Where(f => step != PutStep.Begin || f is not ("half" or "flipped")))
                    data.Add(step, fault);
            }

            data.Add(PutStep.Small, "412");
            data.Add(PutStep.Marker, "412");
            return data;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(StepsAndFaults))]
    public async Task PutIfAbsent_oneFault_createsTheObjectOnce(PutStep step, string fault)
    {
        await using var rig = new Rig(server);
        var content = step == PutStep.Small ? Rig.Bytes(1, 5000) : Rig.Large(1);
        rig.Proxy.Strike(1, step.When(), fault == "412" ? HttpFault.Status((int)HttpStatusCode.PreconditionFailed) : Faults[fault]);
        Assert.Equal(PutOutcome.Created, await Rig.PutAsync(rig.Store, content));
        Assert.Equal(1, rig.Proxy.Struck);
        await rig.AssertHoldsAsync(content);
        Assert.Equal(PutOutcome.AlreadyThere, await Rig.PutAsync(rig.Store, Rig.Bytes(2, content.Length)));
        await rig.AssertHoldsAsync(content);
        Assert.Equal(step == PutStep.Small ? 1 : 2, (await rig.KeysAsync()).Count);
    }

    [SkippableFact]
    public async Task PutIfAbsent_theEndReadBackIsFlipped_isNoOtherWriter()
    {
        await using var rig = new Rig(server);
        rig.Proxy.Strike(1, call => call.Method == "GET" && call.Path.Contains("~large/", StringComparison.Ordinal), HttpFault.FlippedAnswer);
        Assert.Equal(PutOutcome.Created, await Rig.PutAsync(rig.Store, Rig.Large(1)));
        Assert.Equal(1, rig.Proxy.Struck);
        await rig.AssertHoldsAsync(Rig.Large(1));
    }

    [SkippableTheory]
    [InlineData(PutStep.Small, 429)]
    [InlineData(PutStep.Small, 500)]
    [InlineData(PutStep.Begin, 503)]
    [InlineData(PutStep.Part, 409)]
    [InlineData(PutStep.Part, 500)]
    [InlineData(PutStep.Complete, 500)]
    [InlineData(PutStep.Marker, 503)]
    public async Task PutIfAbsent_faultThatStays_isUnavailableAndStoresNothing(PutStep step, int status)
    {
        await using var rig = new Rig(server);
        rig.Proxy.Rule = call => step.Is(call) ? HttpFault.Status(status) : null;
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => Rig.PutAsync(rig.Store, step == PutStep.Small ? Rig.Bytes(1, 5000) : Rig.Large(1)));
        Assert.False(error.NeedsRepair);
        Assert.Contains("try again", error.Message, StringComparison.Ordinal);
        Assert.InRange(rig.Proxy.Struck, 1, (step == PutStep.Part ? 4 : 1) * (rig.Options.Retries + 1));
        await rig.AssertHoldsAsync(null);
        Assert.Equal(PutOutcome.Created, await Rig.PutAsync(rig.Direct, Rig.Large(2)));
        await rig.AssertHoldsAsync(Rig.Large(2));
    }

    [SkippableTheory]
    [InlineData(429, null, 0, 500)]
    [InlineData(429, null, 3, 4000)]
    [InlineData(429, null, 10, 10_000)]
    [InlineData(429, "Retry-After: 7", 0, 7000)]
    [InlineData(429, "Retry-After: 1", 3, 4000)]
    [InlineData(429, "Retry-After: 3600", 0, 20_000)]
    [InlineData(429, "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT", 0, 500)]
    [InlineData(409, null, 0, 25)]
    [InlineData(409, "Retry-After: 7", 2, 100)]
    public async Task PauseBefore_passingFault_isSecondsWhereTheServerAsksForFewerRequests(int status, string? headers, int attempt, int milliseconds)
    {
        await using var rig = new Rig(server);
        rig.Proxy.Strike(1, PutStep.Small.When(), HttpFault.Status(status, headers));
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => Rig.PutAsync(Rig.Open(rig.Options with { Retries = 0 }), Rig.Bytes(1, 100)));
        var pause = S3Trouble.PauseBefore(error.InnerException!, attempt, 0.5, new S3ObjectStoreOptions { Bucket = "bucket" }.SlowDownPause);
        Assert.InRange(pause.TotalMilliseconds, milliseconds, milliseconds + 1);
    }

    [SkippableFact]
    public async Task PutIfAbsent_answerThatNeverComes_isNotWaitedFor()
    {
        await using var rig = new Rig(server);
        rig.Proxy.Strike(1, PutStep.Small.When(), HttpFault.After(() => new TaskCompletionSource().Task));
        Assert.Equal(PutOutcome.Created, await Rig.PutAsync(Rig.Open(rig.Options with { RequestTimeout = TimeSpan.FromSeconds(3) }), Rig.Bytes(1, 100)));
        await rig.AssertHoldsAsync(Rig.Bytes(1, 100));
    }

    [SkippableFact]
    public async Task PutIfAbsent_taken_confirmedThroughALostAnswer()
    {
        await using var rig = new Rig(server);
        await Rig.PutAsync(rig.Direct, Rig.Bytes(1, 100));
        rig.Proxy.Strike(1, PutStep.Small.When(), HttpFault.SwallowAnswer);
        Assert.Equal(PutOutcome.AlreadyThere, await Rig.PutAsync(rig.Store, Rig.Bytes(2, 100)));
        await rig.AssertHoldsAsync(Rig.Bytes(1, 100));
    }

    [SkippableFact]
    public async Task PutIfAbsent_streamFails_givesTheUploadUp()
    {
        await using var rig = new Rig(server);
        using var failing = new TestStream(Rig.Large(1), 7777, failAt: 3 * Rig.PartBytes);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => rig.Store.PutIfAbsentAsync(Rig.Name, failing));
        Assert.Empty(await rig.KeysAsync());
        Assert.Equal(0, await rig.CountUploadsAsync());
    }
}
