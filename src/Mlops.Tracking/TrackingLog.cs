using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>The log messages of this assembly: events 4000 to 4999, never reused.</summary>
internal static partial class TrackingLog
{
    [LoggerMessage(4000, LogLevel.Error, "The store refused for good what the journal of writer {Writer} holds before {Sequence}; it was left out.")]
    public static partial void Refused(ILogger logger, RecordId writer, long sequence, Exception exception);

    [LoggerMessage(4001, LogLevel.Warning, "Record {Record} is gone from the store; what was still logged to it is left out.")]
    public static partial void RecordGone(ILogger logger, RecordId record);

    [LoggerMessage(4002, LogLevel.Warning, "The store takes nothing at the moment; the journal keeps what is logged. Next try in {Delay}.")]
    public static partial void StoreAway(ILogger logger, TimeSpan delay, Exception exception);

    [LoggerMessage(4003, LogLevel.Information, "The store takes again what is logged.")]
    public static partial void StoreBack(ILogger logger);

    [LoggerMessage(4004, LogLevel.Warning, "Run {Run}: parameter or field {Field} has the value '{Kept}' from another process; '{Refused}' was kept as a conflict.")]
    public static partial void Conflict(ILogger logger, RecordId run, string field, string kept, string refused);

    [LoggerMessage(4005, LogLevel.Warning, "Run {Run} was disposed without CompleteAsync or FailAsync and is now FAILED (not_completed).")]
    public static partial void NotCompleted(ILogger logger, string run);

    [LoggerMessage(4006, LogLevel.Warning, "Not everything reached the store within {Bound}: {Pending} journal slots stay in {Folder} and are drained by the next open.")]
    public static partial void LeftBehind(ILogger logger, TimeSpan bound, long pending, string folder);

    [LoggerMessage(4007, LogLevel.Information, "Recovered the journal of writer {Writer}: {Points} points, {Holes} holes, {DamagedSlots} damaged slots, {DamagedSegments} damaged segments, {DamagedContents} damaged contents, {Rejected} left out; ended in memory: {EndedInMemory}.")]
    public static partial void Recovered(
        ILogger logger, RecordId writer, long points, long holes, long damagedSlots, long damagedSegments, long damagedContents, long rejected, bool endedInMemory);

    [LoggerMessage(4008, LogLevel.Warning, "The journal of writer {Writer} cannot be recovered now and stays where it is.")]
    public static partial void NotRecovered(ILogger logger, RecordId writer, Exception exception);

    [LoggerMessage(4009, LogLevel.Error, "The drainer met an error it does not know; the journal keeps what is logged. Next try in {Delay}.")]
    public static partial void DrainFailed(ILogger logger, TimeSpan delay, Exception exception);

    [LoggerMessage(4010, LogLevel.Warning, "Run {Run} has dropped {Points} points: the journal is full and the store does not keep up.")]
    public static partial void Dropped(ILogger logger, string run, long points);

    [LoggerMessage(4011, LogLevel.Information, "Run {Run} is FAILED (lost): its process {Writer} vanished.")]
    public static partial void Lost(ILogger logger, string run, RecordId writer);

    [LoggerMessage(4012, LogLevel.Warning, "Marking lost runs failed; the next try follows.")]
    public static partial void SweepFailed(ILogger logger, Exception exception);

    [LoggerMessage(4013, LogLevel.Error, "The journal has no room even for '{Action}' of record {Record}; it was dropped.")]
    public static partial void BatchDropped(ILogger logger, string action, RecordId record);

    [LoggerMessage(4014, LogLevel.Warning, "Run {Run}: no journal file could be had in time, {Count} times so far; what is logged stands in memory until the store has it, and a crash would lose it.")]
    public static partial void InMemory(ILogger logger, string run, int count);

    [LoggerMessage(4015, LogLevel.Warning, "The context provider '{Provider}' told nothing: {Problem} The run goes on without it.")]
    public static partial void ContextFailed(ILogger logger, string provider, string problem, Exception? exception);

    [LoggerMessage(4016, LogLevel.Warning, "What the process uses could not be read; runs go on without some of their system metrics.")]
    public static partial void SamplingFailed(ILogger logger, Exception exception);

    [LoggerMessage(4017, LogLevel.Warning, "Content {Digest} of {Bytes} bytes waits on this machine until the object store is back.")]
    public static partial void Spooled(ILogger logger, Digest digest, long bytes, Exception exception);

    [LoggerMessage(4018, LogLevel.Error, "Content {Digest} was damaged while it waited for the object store, and is lost; log the file again.")]
    public static partial void SpoolDamaged(ILogger logger, Digest digest, Exception exception);

    [LoggerMessage(4019, LogLevel.Error, "What is left of content {Digest}, which was damaged while it waited, is at {Path}; it may be the only copy.")]
    public static partial void SetAside(ILogger logger, Digest digest, string path);

    [LoggerMessage(4020, LogLevel.Warning, "Run {Run}: the rule {Rule} found at step {Step}: {Reason}")]
    public static partial void RuleFound(ILogger logger, string run, string rule, long? step, string reason);

    [LoggerMessage(4021, LogLevel.Error, "Run {Run}: who was told of the finding of rule {Rule} failed; the training goes on.")]
    public static partial void HandlerFailed(ILogger logger, string run, string rule, Exception exception);

    [LoggerMessage(4022, LogLevel.Error, "What stood in memory could not be written to {Folder} and is lost with this process.")]
    public static partial void MemoryLost(ILogger logger, string folder, Exception exception);
}
