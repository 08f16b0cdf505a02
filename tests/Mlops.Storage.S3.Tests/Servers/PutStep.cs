using Mlops.Storage.Conformance;

namespace Mlops.Storage.S3.Tests;

/// <summary>The requests that change something, in the order in which a put sends them.</summary>
public enum PutStep
{
    /// <summary>A small object under its name.</summary>
    Small = 0,
    Begin = 1,
    Part = 2,
    Complete = 3,

    /// <summary>The marker of a large object under its name.</summary>
    Marker = 4,
}

internal static class PutStepExtensions
{
    public static Func<HttpCall, bool> When(this PutStep step) => call => step.Is(call);

    public static bool Is(this PutStep step, HttpCall call) => step switch
    {
        PutStep.Small or PutStep.Marker => call.Method == "PUT" && !call.Query.ContainsKey("partNumber"),
        PutStep.Begin => call.Method == "POST" && call.Query.ContainsKey("uploads"),
        PutStep.Part => call.Query.ContainsKey("partNumber"),
        _ => call.Method == "POST" && call.Query.ContainsKey("uploadId"),
    };
}
