namespace Mlops.Storage.S3;

/// <summary>
/// The keys at which the bytes of large objects are: <c>~large/name!id</c>. No object name has such characters, so neither can
/// be taken for the other.
/// </summary>
internal static class LargeKey
{
    public const string Area = "~large/";
    private const char Divider = '!';

    public static string Of(ObjectName name, string id) => Prefix(name) + id;

    public static string Prefix(ObjectName name) => $"{Area}{name.Value}{Divider}";

    /// <summary>Name and id; null for a key that somebody else made.</summary>
    public static (ObjectName Name, string Id)? TryParse(string key)
    {
        var divider = key.LastIndexOf(Divider);
        return key.StartsWith(Area, StringComparison.Ordinal) && divider > Area.Length && TryParseName(key[Area.Length..divider]) is { } name
            ? (name, key[(divider + 1)..])
            : null;
    }

    public static ObjectName? TryParseName(string key)
    {
        if (key.StartsWith('~'))
            return null; // spares the exception for each large object
        try
        {
            return ObjectName.Parse(key);
        }
        catch (FormatException)
        {
            return null; // something else that somebody put into the bucket
        }
    }
}
