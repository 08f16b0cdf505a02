namespace Mlops.Storage;

/// <summary>What was read is not what was written. The message names the object; restore it from a copy.</summary>
public sealed class IntegrityException : MlopsException
{
    /// <summary>Creates the error with a message that names the entity, the value and the remedy.</summary>
    public IntegrityException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with its cause.</summary>
    public IntegrityException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
