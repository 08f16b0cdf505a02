using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Reads a series as it was when the reading began. Full chunks never change, so only the list of them and the tail are taken by
/// one statement; the points follow in others, and a slow reader holds nothing back.
/// </summary>
internal sealed class SeriesReader
{
    private const string Wanted = "WHERE s.record = $1 AND s.name = (SELECT id FROM mlops.names WHERE name = $2)";
    private const int MostChunks = 16;

    private readonly Database _database;
    private readonly RecordId _owner;
    private readonly string _name;
    private readonly SeriesRange _range;
    private readonly List<(int Chunk, SeriesPlace Place)> _chunks = [];
    private byte[]? _tail;
    private SeriesPlace _tailPlace;
    private int _next;
    private int _together = 1;

    private SeriesReader(Database database, RecordId owner, string name, SeriesRange range)
    {
        _database = database;
        _owner = owner;
        _name = name;
        _range = range;
    }

    /// <summary>Begins to read; of a series that does not exist there is nothing to read.</summary>
    public static async Task<SeriesReader> OpenAsync(
        Database database, NpgsqlConnection connection, RecordId owner, string name, SeriesRange range, CancellationToken cancellationToken)
    {
        var reader = new SeriesReader(database, owner, name, range);
        await new Round(database, connection)
            .Add(
                $"SELECT s.chunk, s.position, s.count, s.first_step, s.last_step, NULL::bytea FROM mlops.chunk_stats s {Wanted} "
                + "UNION ALL SELECT NULL::int, s.count - t.count, t.count, t.first_step, t.last_step, t.data FROM mlops.series s "
                + $"JOIN mlops.tails t ON t.record = s.record AND t.name = s.name {Wanted} ORDER BY 2",
                Args.Of(owner),
                Args.Of(name))
            .ReadRowsAsync(cancellationToken, reader.Note).ConfigureAwait(false);
        return reader;
    }

    /// <summary>The points of some more full chunks in the range; empty at their end.</summary>
    public async Task<List<SeriesColumns>> NextAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var places = _chunks.Skip(_next).Take(_together).ToList();
        if (places.Count == 0)
            return [];
        var isThere = false;
        var data = new Dictionary<int, byte[]>();
        await new Round(_database, connection)
            .Add(
                "SELECT c.chunk, c.data FROM mlops.series s LEFT JOIN mlops.chunks c ON c.record = s.record AND c.name = s.name AND c.chunk = ANY($3) " + Wanted,
                Args.Of(_owner),
                Args.Of(_name),
                Args.All(places.Select(p => p.Chunk)))
            .ReadRowsAsync(
                cancellationToken,
                row =>
                {
                    isThere = true;
                    if (!row.IsDBNull(0))
                        data[row.GetInt32(0)] = row.Bytes(1);
                }).ConfigureAwait(false);
        if (!isThere)
        {
            throw new NotFoundException(
                $"The record was purged while the series '{_name}' of record {_owner} was read; what was read before is all there is.");
        }

        // the first points come soon, the later ones in few round trips
        _next += places.Count;
        _together = Math.Min(_together * 2, MostChunks);
        return [.. places.Select(p => Decode(data.GetValueOrDefault(p.Chunk), p.Place))];
    }

    /// <summary>The points of the open chunk in the range; none if there are none.</summary>
    public SeriesColumns? ReadTail() => _tail is null ? null : Decode(_tail, _tailPlace);

    private void Note(NpgsqlDataReader row)
    {
        var place = new SeriesPlace(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4));
        if (!place.Meets(_range))
            return;
        if (row.IsDBNull(0))
            (_tail, _tailPlace) = (row.Bytes(5), place);
        else
            _chunks.Add((row.GetInt32(0), place));
    }

    private SeriesColumns Decode(byte[]? data, SeriesPlace place)
    {
        if (data is null)
            throw new IntegrityException($"A block of the series '{_name}' of record {_owner} is missing; verify the store, and restore it from a backup.");
        try
        {
            return SeriesCodec.Decode(data).Within(_range, place);
        }
        catch (IntegrityException e)
        {
            throw new IntegrityException($"A block of the series '{_name}' of record {_owner} is damaged: {e.Message}", e);
        }
    }
}
