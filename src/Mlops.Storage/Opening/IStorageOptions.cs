namespace Mlops.Storage;

/// <summary>
/// Options of which a backend's package can be a part: its <c>Use…</c> extension method sets a source here, or makes the
/// schemes of its URIs known. Implemented by the options of the SDK.
/// </summary>
public interface IStorageOptions
{
    /// <summary>The metadata store; null for the default.</summary>
    MetadataStoreSource? Metadata { get; set; }

    /// <summary>The object store; null for the default of the metadata store, if that has one.</summary>
    ObjectStoreSource? Objects { get; set; }

    /// <summary>Metadata stores that a URI can name, by its scheme in lower case.</summary>
    IDictionary<string, Func<Uri, MetadataStoreSource>> MetadataSchemes { get; }

    /// <summary>Object stores that a URI can name, by its scheme in lower case.</summary>
    IDictionary<string, Func<Uri, ObjectStoreSource>> ObjectSchemes { get; }
}
