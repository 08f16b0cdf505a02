using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Lists series with their summaries.</summary>
internal static class SeriesList
{
    public static async Task<List<SeriesInfo>> ReadAsync(
        Database database, NpgsqlConnection connection, IReadOnlyList<RecordId> owners, CancellationToken cancellationToken)
    {
        Dictionary<RecordId, List<SeriesInfo>> found = [];
        var round = new Round(database, connection).Add(
            $"SELECT s.record, n.name, {SeriesRow.Columns} FROM mlops.series s JOIN mlops.names n ON n.id = s.name WHERE s.record = ANY($1)",
            Args.All(owners.Distinct()));
        await using (round.ConfigureAwait(false))
        {
            var rows = await round.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
            {
                while (await rows.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    var owner = rows.Id(0);
                    var row = SeriesRow.Read(rows, 2);
                    if (!found.TryGetValue(owner, out var list))
                        found.Add(owner, list = []);
                    list.Add(new SeriesInfo(owner, rows.GetString(1), row.Type, row.Summary));
                }
            }
        }

        foreach (var list in found.Values)
            list.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return [.. owners.SelectMany(owner => found.GetValueOrDefault(owner, []))];
    }
}
