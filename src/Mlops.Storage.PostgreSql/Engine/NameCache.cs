using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Numbers for kinds, field names and series names. Names are committed by themselves before a batch uses them and never deleted,
/// so that what is cached stays true, whatever becomes of the batch.
/// </summary>
internal sealed class NameCache
{
    private const int MostAbsent = 1_000;
    private static readonly TimeSpan AbsentFor = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, long> _ids = new(StringComparer.Ordinal);

    // names that were not there a moment ago; others may add them at any time
    private readonly ConcurrentDictionary<string, long> _absent = new(StringComparer.Ordinal);

    /// <summary>The number of a name that was loaded.</summary>
    public long this[string name] => _ids[name];

    /// <summary>The number of a name; -1, which no name has, if it is not known.</summary>
    public long Find(string name) => _ids.GetValueOrDefault(name, -1);

    /// <summary>
    /// Loads numbers of names that are there. One that was not there a moment ago stays unknown; a statement that needs its number
    /// looks it up by itself.
    /// </summary>
    public async Task LoadAsync(Database database, NpgsqlConnection connection, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var unknown = Unknown(names.Where(n => !_absent.TryGetValue(n, out var since) || Stopwatch.GetElapsedTime(since) > AbsentFor));
        if (unknown.Length == 0)
            return;
        await LoadAsync(database, connection, unknown, cancellationToken).ConfigureAwait(false);
        if (_absent.Count > MostAbsent)
            _absent.Clear();
        foreach (var name in Unknown(unknown))
            _absent[name] = Stopwatch.GetTimestamp();
    }

    /// <summary>Loads numbers of names and gives one to those that have none.</summary>
    public async Task EnsureAsync(Database database, NpgsqlConnection connection, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var unknown = Unknown(names);
        if (unknown.Length == 0)
            return;
        await LoadAsync(database, connection, unknown, cancellationToken).ConfigureAwait(false);
        unknown = Unknown(unknown);
        if (unknown.Length == 0)
            return;

        // in one order, so that those who add the same names do not block each other in a ring
        await new Round(database, connection)
            .Add("INSERT INTO mlops.names (name) SELECT n FROM unnest($1) AS n ORDER BY n ON CONFLICT (name) DO NOTHING", Args.All(unknown))
            .ExecuteAsync(cancellationToken).ConfigureAwait(false);
        await LoadAsync(database, connection, unknown, cancellationToken).ConfigureAwait(false);
    }

    private string[] Unknown(IEnumerable<string> names) =>
        [.. names.Where(n => !_ids.ContainsKey(n)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private Task LoadAsync(Database database, NpgsqlConnection connection, string[] names, CancellationToken cancellationToken) =>
        new Round(database, connection).Add("SELECT id, name FROM mlops.names WHERE name = ANY($1)", Args.All(names))
            .ReadRowsAsync(cancellationToken, row => _ids[row.GetString(1)] = row.GetInt64(0));
}
