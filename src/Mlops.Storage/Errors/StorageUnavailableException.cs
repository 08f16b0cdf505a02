namespace Mlops.Storage;

/// <summary>The storage cannot be used at the moment: busy, full, read-only or unreachable. Nothing was written; retry later.</summary>
public sealed class StorageUnavailableException : MlopsException
{
    /// <summary>Creates the error with a message that names the entity, the value and the remedy.</summary>
    public StorageUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with its cause.</summary>
    public StorageUnavailableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>True if waiting alone will not help: somebody must correct a password, a name or a right first.</summary>
    public bool NeedsRepair { get; init; }
}
