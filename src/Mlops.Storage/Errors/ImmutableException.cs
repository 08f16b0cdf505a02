namespace Mlops.Storage;

/// <summary>The value is sealed or write-once and has another value already. Write a new version or another name.</summary>
public sealed class ImmutableException : MlopsException
{
    /// <summary>Creates the error with a message that names the entity, the value and the remedy.</summary>
    public ImmutableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with its cause.</summary>
    public ImmutableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
