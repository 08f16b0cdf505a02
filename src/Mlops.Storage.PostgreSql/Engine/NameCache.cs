using System.Collections.Concurrent;
using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Numbers for kinds, field names and series names. Names are committed by themselves before a batch uses them and never deleted,
/// so that what is cached stays true, whatever becomes of the batch.
/// </summary>
internal sealed class NameCache
{
    private readonly ConcurrentDictionary<string, long> _ids = new(StringComparer.Ordinal);

    /// <summary>The number of a name that was loaded.</summary>
    public long this[string name] => _ids[name];

    /// <summary>The number of a name; -1, which no name has, if it was looked for and is not there.</summary>
    public long Find(string name) => _ids.GetValueOrDefault(name, -1);

    /// <summary>Loads numbers of names that are there.</summary>
    public async Task LoadAsync(Database database, NpgsqlConnection connection, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var unknown = Unknown(names);
        if (unknown.Length > 0)
            await LoadAsync(database, connection, unknown, cancellationToken).ConfigureAwait(false);
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
        var round = new Round(database, connection);
        await using (round.ConfigureAwait(false))
        {
            round.Add("INSERT INTO mlops.names (name) SELECT n FROM unnest($1) AS n ORDER BY n ON CONFLICT (name) DO NOTHING", Args.All(unknown));
            await round.ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }

        await LoadAsync(database, connection, unknown, cancellationToken).ConfigureAwait(false);
    }

    private string[] Unknown(IEnumerable<string> names) =>
        [.. names.Where(n => !_ids.ContainsKey(n)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private async Task LoadAsync(Database database, NpgsqlConnection connection, string[] names, CancellationToken cancellationToken)
    {
        var round = new Round(database, connection);
        await using (round.ConfigureAwait(false))
        {
            round.Add("SELECT id, name FROM mlops.names WHERE name = ANY($1)", Args.All(names));
            var rows = await round.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                    _ids[rows.GetString(1)] = rows.GetInt64(0);
            }
        }
    }
}
