namespace Mlops.Storage;

/// <summary>How much is left of a stream, where it knows; for object stores that take only so much.</summary>
public static class ContentLength
{
    /// <summary>The bytes from the position to the end; null where the stream does not know.</summary>
    public static long? Find(Stream content)
    {
        ArgumentNullException.ThrowIfNull(content);
        try
        {
            return content.Length - content.Position;
        }
        catch (NotSupportedException)
        {
            return null;
        }
    }
}
