namespace Mlops.Storage;

/// <summary>Somebody else was first: an expected revision, absence, unique key or cell version did not hold. Read again and retry.</summary>
public sealed class ConflictException : MlopsException
{
    /// <summary>Creates the error with a message that names the entity, the value and the remedy.</summary>
    public ConflictException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with its cause.</summary>
    public ConflictException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
