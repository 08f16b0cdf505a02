using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Reads a series as it was when the reading began. Full chunks never change, so only the list of them and the tail are taken in
/// one transaction; the points follow in short ones, and a slow reader holds nothing back.
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
        var round = Round.OfReading(database, connection);
        await using (round.ConfigureAwait(false))
        {
            round.Add($"SELECT s.chunk, s.position, s.count, s.first_step, s.last_step FROM mlops.chunk_stats s {Wanted} ORDER BY s.chunk", Args.Of(owner), Args.Of(name))
                .Add(
                    "SELECT t.data, s.count - t.count, t.count, t.first_step, t.last_step FROM mlops.series s "
                    + $"JOIN mlops.tails t ON t.record = s.record AND t.name = s.name {Wanted}",
                    Args.Of(owner),
                    Args.Of(name))
                .Commit();
            var rows = await round.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (Place(rows) is var place && place.Meets(range))
                        reader._chunks.Add((rows.GetInt32(0), place));
                }

                await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
                while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (Place(rows) is var place && place.Meets(range))
                        (reader._tail, reader._tailPlace) = (rows.Bytes(0), place);
                }
            }
        }

        return reader;
    }

    /// <summary>The points of some more full chunks in the range; empty at their end.</summary>
    public async Task<List<SeriesColumns>> NextAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var places = _chunks.Skip(_next).Take(_together).ToList();
        if (places.Count == 0)
            return [];
        var data = new Dictionary<int, byte[]>();
        var round = Round.OfReading(_database, connection);
        await using (round.ConfigureAwait(false))
        {
            round.Add($"SELECT 1 FROM mlops.series s {Wanted}", Args.Of(_owner), Args.Of(_name))
                .Add($"SELECT s.chunk, s.data FROM mlops.chunks s {Wanted} AND s.chunk = ANY($3)", Args.Of(_owner), Args.Of(_name), Args.All(places.Select(p => p.Chunk)))
                .Commit();
            var rows = await round.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                if (!await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    throw new NotFoundException(
                        $"The record was purged while the series '{_name}' of record {_owner} was read; what was read before is all there is.");
                }

                await rows.NextResultAsync(cancellationToken).ConfigureAwait(false);
                while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                    data[rows.GetInt32(0)] = rows.Bytes(1);
            }
        }

        // the first points come soon, the later ones in few round trips
        _next += places.Count;
        _together = Math.Min(_together * 2, MostChunks);
        return [.. places.Select(p => Decode(data.GetValueOrDefault(p.Chunk), p.Place))];
    }

    /// <summary>The points of the open chunk in the range; none if there are none.</summary>
    public SeriesColumns? ReadTail() => _tail is null ? null : Decode(_tail, _tailPlace);

    private static SeriesPlace Place(NpgsqlDataReader rows) => new(rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), rows.GetInt64(4));

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
