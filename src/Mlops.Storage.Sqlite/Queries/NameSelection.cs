namespace Mlops.Storage.Sqlite;

/// <summary>Which stored names a projection takes; each is asked for once.</summary>
internal sealed class NameSelection(Session session, Func<string, bool> covers)
{
    private readonly Dictionary<long, string?> _known = [];

    /// <summary>The name of this number, or null if it is not taken.</summary>
    public string? Find(long number)
    {
        if (!_known.TryGetValue(number, out var name))
        {
            name = session.Names.Get(number);
            _known.Add(number, name = covers(name) ? name : null);
        }

        return name;
    }
}
