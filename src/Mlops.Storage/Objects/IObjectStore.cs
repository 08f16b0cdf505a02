namespace Mlops.Storage;

/// <summary>
/// One bucket or folder of immutable objects. No rename, append or lock, so that a folder, S3, Azure Blob and HTTP can all
/// satisfy it. Thread-safe, and safe between processes.
/// </summary>
public interface IObjectStore
{
    /// <summary>Where it is, for messages; holds no secret.</summary>
    string Location { get; }

    /// <summary>
    /// Stores an object unless the name is taken; of racing writers one wins. Durable when it returns. If the stream fails or
    /// the call is cancelled, nothing is stored.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="content">Read from its position to its end.</param>
    /// <param name="cancellationToken">Cancels before the object becomes visible.</param>
    /// <exception cref="StorageUnavailableException">The store is full, read-only or unreachable.</exception>
    Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default);

    /// <summary>The object's size and time, or null if there is none.</summary>
    Task<ObjectInfo?> FindAsync(ObjectName name, CancellationToken cancellationToken = default);

    /// <summary>Opens a range of an object for reading.</summary>
    /// <param name="name">The name.</param>
    /// <param name="offset">First byte; at most the size.</param>
    /// <param name="length">How many bytes at most; null for all that follow.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="NotFoundException">There is no such object.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative or beyond the size.</exception>
    Task<Stream> OpenReadAsync(ObjectName name, long offset = 0, long? length = null, CancellationToken cancellationToken = default);

    /// <summary>All objects whose name starts with the prefix (any text, not only whole segments), by name ordinally.</summary>
    IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken = default);

    /// <summary>Deletes an object; false if there was none.</summary>
    Task<bool> DeleteAsync(ObjectName name, CancellationToken cancellationToken = default);
}
