using System.Collections.Concurrent;

namespace Mlops.Storage.Sqlite;

/// <summary>The committed names, shared by all sessions of a store. Names are never deleted, so what is cached stays true.</summary>
internal sealed class NameCache
{
    private readonly ConcurrentDictionary<string, long> _ids = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, string> _names = new();

    public bool TryGetId(string name, out long id) => _ids.TryGetValue(name, out id);

    public bool TryGetName(long id, out string? name) => _names.TryGetValue(id, out name);

    public void Add(string name, long id)
    {
        _ids[name] = id;
        _names[id] = name;
    }
}
