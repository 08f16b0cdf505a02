namespace Mlops.Storage.Sqlite;

/// <summary>All contents that a store names: the digest fields and the digest series.</summary>
internal static class DigestList
{
    // within a name the index has blobs at the end; those of 32 bytes are digests, for a reference has 16
    private const string Fields =
        "SELECT f.value FROM names n CROSS JOIN fields f ON f.name = n.id AND f.value >= x'' WHERE length(f.value) = 32";

    private const string Series =
        "SELECT r.id, n.name FROM series s CROSS JOIN records r ON r.rec = s.rec CROSS JOIN names n ON n.id = s.name WHERE s.type = 3";

    public static HashSet<Digest> Read(Session session, CancellationToken cancellationToken)
    {
        HashSet<Digest> digests = [];
        using (var fields = new Statement(session, Fields))
        using (var rows = fields.Query())
        {
            while (rows.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                digests.Add(rows.Digest(0));
            }
        }

        using var series = new Statement(session, Series);
        using var found = series.Query();
        while (found.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var reader = SeriesReader.Open(session, found.Id(0), found.Text(1), new SeriesRange())!;
            foreach (var (chunk, place) in reader.Chunks)
                digests.UnionWith(reader.Read(session, chunk, place).Digests.ToArray());
            if (reader.ReadTail() is { } tail)
                digests.UnionWith(tail.Digests.ToArray());
        }

        return digests;
    }
}
