namespace Mlops.Storage;

/// <summary>Whether a <see cref="RecordChange"/> expects its record to exist.</summary>
public enum ChangeMode
{
    /// <summary>The record must be new, by id and by key; otherwise the batch fails with <see cref="ConflictException"/>.</summary>
    Create = 1,

    /// <summary>
    /// The record with this key is found, and then the rest of the change is not applied; otherwise it is created with the
    /// given id.
    /// </summary>
    Ensure = 2,

    /// <summary>The record must exist and not be purged; otherwise the batch fails with <see cref="NotFoundException"/>.</summary>
    Update = 3,
}
