namespace Mlops.Storage;

/// <summary>
/// A batch does not follow the highest of its writer: another sender had one of the same writer on its way. Nothing of it was
/// kept. Ask for the writer's sequence, and send what is behind that.
/// </summary>
public sealed class OutOfSequenceException : MlopsException
{
    /// <summary>Creates the error.</summary>
    /// <param name="key">The batch.</param>
    /// <param name="stored">The sequence that the store has; 0 for none.</param>
    public OutOfSequenceException(BatchKey key, long stored)
        : base($"Batch {key.Sequence} of writer {key.Writer} follows {key.Follows}, but the store has {stored}; send what is behind that.")
    {
    }
}
