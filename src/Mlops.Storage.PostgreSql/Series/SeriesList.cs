using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Lists series with their summaries.</summary>
internal static class SeriesList
{
    public static Task<List<SeriesInfo>> ReadAsync(
        Database database, NpgsqlConnection connection, IReadOnlyList<RecordId> owners, CancellationToken cancellationToken)
    {
        var round = new Round(database, connection);
        Add(round, owners, NameSelection.All);
        return round.ReadAsync(rows => TakeAsync(rows, owners, cancellationToken), cancellationToken);
    }

    /// <summary>Asks for the series of these names.</summary>
    public static void Add(Round round, IReadOnlyList<RecordId> owners, NameSelection names) => round.Add(
        $"SELECT s.record, n.name, {SeriesRow.Columns} FROM mlops.series s JOIN mlops.names n ON n.id = s.name WHERE s.record = ANY($1){names.Condition}",
        [Args.All(owners.Distinct()), .. names.Parameters()]);

    /// <summary>Reads what <see cref="Add"/> asked for, in the order of the owners, then by name.</summary>
    public static async Task<List<SeriesInfo>> TakeAsync(NpgsqlDataReader rows, IReadOnlyList<RecordId> owners, CancellationToken cancellationToken)
    {
        Dictionary<RecordId, List<SeriesInfo>> found = [];
        while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var owner = rows.Id(0);
            var row = SeriesRow.Read(rows, 2);
            if (!found.TryGetValue(owner, out var list))
                found.Add(owner, list = []);
            list.Add(new SeriesInfo(owner, rows.GetString(1), row.Type, row.Summary));
        }

        foreach (var list in found.Values)
            list.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return [.. owners.SelectMany(owner => found.GetValueOrDefault(owner, []))];
    }
}
