using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlops.Metadata;
using Mlops.Storage;

namespace Mlops.Sdk;

/// <summary>
/// How a client is opened. Everything has a default. Packages of other stores are switched on here by their <c>Use…</c> calls.
/// Printing it shows no secret.
/// </summary>
public sealed record MlopsOptions : IStorageOptions, IRunContextOptions
{
    /// <summary>
    /// The store's folder, by convention named <c>.mlops</c>; created if absent. By default <see cref="Uri"/> decides, and
    /// without one the nearest <c>.mlops</c> in the current folder or above it, or else a new one in the current folder.
    /// </summary>
    public string? Path { get; set; }

    /// <summary>
    /// The store as a URI; by default the environment variable <c>MLOPS_URI</c>. This package knows <c>file:///folder</c>; other
    /// schemes come with other packages, such as <c>postgres://user@host/database?objects=file:///mnt/team</c> with
    /// <c>UsePostgreSql()</c>. Not together with <see cref="Path"/>.
    /// </summary>
    public string? Uri { get; set; }

    /// <summary>
    /// Where the journal stands, on a local disk, in a folder named by the store's location, so that stores may share this. By
    /// default <c>journal</c> in the store's folder; for a store elsewhere, the user's local application data.
    /// </summary>
    public string? JournalPath { get; set; }

    /// <summary>Who works, as it appears in the audit, at most 200 characters; by default the user's name.</summary>
    public string? Actor { get; set; }

    /// <summary>Where the SDK logs; nowhere by default.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>The clock; the system's by default.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>How often what was logged moves from the journal into the store; 1 second by default, 10 ms to 1 hour.</summary>
    public TimeSpan DrainInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Most bytes of journal files on disk; 1 GiB by default, at least 16 MiB. While the store does not keep up and the journal
    /// is full, a logging call waits up to 100 ms, then the point is dropped and counted on its run.
    /// </summary>
    public long JournalBoundBytes { get; set; } = 1L << 30;

    /// <summary>How long completing, flushing and disposing wait for the store; 30 seconds by default.</summary>
    public TimeSpan FlushBound { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a silent client is thought to live before its runs count as lost; 60 seconds by default, at least 3.</summary>
    public TimeSpan LeaseTime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>What runs capture by themselves: <c>o.Context.Without("host")</c>; everything that is built in by default.</summary>
    public RunContextOptions Context { get; } = new();

    MetadataStoreSource? IStorageOptions.Metadata { get; set; }

    ObjectStoreSource? IStorageOptions.Objects { get; set; }

    IDictionary<string, Func<Uri, MetadataStoreSource>> IStorageOptions.MetadataSchemes { get; } =
        new Dictionary<string, Func<Uri, MetadataStoreSource>>();

    IDictionary<string, Func<Uri, ObjectStoreSource>> IStorageOptions.ObjectSchemes { get; } =
        new Dictionary<string, Func<Uri, ObjectStoreSource>>();

    // a URI may hold a password
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("Path = ").Append(Path).Append(", Actor = ").Append(Actor).Append(", JournalPath = ").Append(JournalPath);
        return true;
    }
}
