namespace Mlops.Storage;

/// <summary>What was asked for by id, key or name is not in this store. Check the name, or use the <c>Find</c> form, which returns null.</summary>
public sealed class NotFoundException : MlopsException
{
    /// <summary>Creates the error with a message that names the entity, the value and the remedy.</summary>
    public NotFoundException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with its cause.</summary>
    public NotFoundException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
