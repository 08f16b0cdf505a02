namespace Mlops.Storage;

/// <summary>The store was written by a release that this one must not read or write. Upgrade the packages.</summary>
public sealed class StoreVersionException : MlopsException
{
    /// <summary>Creates the error with a message that names the entity, the value and the remedy.</summary>
    public StoreVersionException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with its cause.</summary>
    public StoreVersionException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
