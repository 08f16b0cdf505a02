namespace Mlops.Storage;

/// <summary>
/// The root of every error that this SDK raises by itself. Its children are named by what the caller can do about them;
/// misuse of a call is the framework's own <see cref="ArgumentException"/> family or <see cref="InvalidOperationException"/>.
/// </summary>
public class MlopsException : Exception
{
    /// <summary>Creates the error with a message that names the entity, the value and the remedy.</summary>
    public MlopsException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the error with its cause.</summary>
    public MlopsException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
