using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Sdk;

/// <summary>A doctor for a store: its own structures, its objects, the journals on this machine, and the disk.</summary>
internal sealed class StoreCheck(IMetadataStore store, ContentStore content, RunTracker tracker, string journalPath)
{
    private readonly List<CheckFinding> _findings = [];

    public async Task<CheckReport> RunAsync(bool readsObjects, CancellationToken cancellationToken)
    {
        if (await TryAsync("The store cannot be checked to its end", () => CheckStoreAsync(cancellationToken)).ConfigureAwait(false))
            await TryAsync("Which contents are named cannot be told", () => CheckObjectsAsync(readsObjects, cancellationToken)).ConfigureAwait(false);
        await TryAsync("The journals cannot be looked at", CheckJournals).ConfigureAwait(false);
        await TryAsync("The disk cannot be looked at", CheckDisk).ConfigureAwait(false);
        return new CheckReport(_findings);
    }

    /// <summary>Looks at one thing, whose errors are a finding, so that the others are looked at too; false if the store is away.</summary>
    private async Task<bool> TryAsync(string failed, Func<Task> check)
    {
        try
        {
            await check().ConfigureAwait(false);
        }
        catch (StorageUnavailableException e)
        {
            Add(CheckSeverity.Error, $"The store cannot be used: {e.Message}", "what is logged waits in the journal");
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Add(CheckSeverity.Error, $"{failed}: {e.Message}", e is IntegrityException ? "restore a backup, or keep what can be read: CopyToAsync of a client that has logged nothing" : "");
        }

        return true;
    }

    private async Task CheckStoreAsync(CancellationToken cancellationToken)
    {
        var report = await store.VerifyAsync(null, cancellationToken).ConfigureAwait(false);
        foreach (var problem in report.Problems)
            Add(CheckSeverity.Error, problem, "restore a backup, or keep what can be read: CopyToAsync of a client that has logged nothing");
        if (report.IsSound)
            Add(CheckSeverity.Ok, $"{report.Records} records, {report.Entries} log entries and {report.Points} points are sound");
    }

    private async Task CheckObjectsAsync(bool readsObjects, CancellationToken cancellationToken)
    {
        // what is stored is listed first, so that an object that is logged meanwhile is no orphan
        var stored = await ListAsync(cancellationToken).ConfigureAwait(false);
        var named = await DigestScan.ReadAsync(store, cancellationToken).ConfigureAwait(false);
        HashSet<Digest> bad = [];
        await foreach (var (digest, problem) in content.CheckAsync(named, cancellationToken).ConfigureAwait(false))
            AddBad(digest, problem);
        foreach (var digest in readsObjects ? named.Except(bad).ToList() : [])
        {
            if (await ReadAsync(digest, cancellationToken).ConfigureAwait(false) is { } problem)
                AddBad(digest, problem);
        }

        if (bad.Count == 0)
            Add(CheckSeverity.Ok, $"{named.Count} contents are there{(readsObjects ? " and whole" : "")}");
        var orphans = stored.Where(s => !named.Contains(s.Key)).ToList();
        if (orphans.Count > 0)
            Add(CheckSeverity.Warning, $"{orphans.Count} contents ({orphans.Sum(o => o.Value)} bytes) are named by nothing", "they may be of runs whose journals wait; otherwise CollectGarbageAsync frees them");

        void AddBad(Digest digest, string problem)
        {
            bad.Add(digest);
            Add(CheckSeverity.Error, problem, "log the file again, or restore it from a backup");
        }
    }

    /// <summary>What is stored, as far as the index of contents can be read.</summary>
    private async Task<Dictionary<Digest, long>> ListAsync(CancellationToken cancellationToken)
    {
        Dictionary<Digest, long> stored = [];
        try
        {
            await foreach (var found in content.ListAsync(cancellationToken).ConfigureAwait(false))
                stored[found.Digest] = found.SizeBytes;
        }
        catch (IntegrityException e)
        {
            Add(CheckSeverity.Error, e.Message, "RebuildContentIndexAsync");
        }

        return stored;
    }

    private async Task<string?> ReadAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            var stream = await content.OpenReadAsync(digest, cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
                await stream.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is IntegrityException or NotFoundException)
        {
            return e.Message;
        }
    }

    private Task CheckJournals()
    {
        var journals = tracker.ListJournals();
        var dead = journals.Where(j => !j.IsPerhapsAlive).ToList();
        if (dead.Count > 0)
            Add(CheckSeverity.Warning, $"{dead.Count} journals of clients that died hold {dead.Sum(j => j.Bytes)} bytes", "the next open moves them into the store");
        else
            Add(CheckSeverity.Ok, $"{journals.Count} clients on this machine, and no journal is left behind");
        if (tracker.Status is { Cause: { } cause } status)
            Add(CheckSeverity.Warning, $"{status.PendingSlots} slots of this client wait: {cause.Message}");
        return Task.CompletedTask;
    }

    private Task CheckDisk()
    {
        var free = new DriveInfo(Path.GetFullPath(journalPath)).AvailableFreeSpace;
        var bound = tracker.Status.JournalBoundBytes;
        if (free < bound)
            Add(CheckSeverity.Warning, $"{free} bytes are free at {journalPath}, less than the journal may take ({bound})", "free space, or lower JournalBoundBytes");
        else
            Add(CheckSeverity.Ok, $"{free} bytes are free at {journalPath}");
        return Task.CompletedTask;
    }

    private void Add(CheckSeverity severity, string what, string remedy = "") => _findings.Add(new CheckFinding(severity, what, remedy));
}
