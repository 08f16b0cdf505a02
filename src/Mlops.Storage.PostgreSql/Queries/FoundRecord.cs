using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>What a page says of each of its records, before anything is loaded.</summary>
internal sealed record FoundRecord(RecordId Id, string? Key, long Revision, long Created, string? Seal)
{
    /// <summary>The columns of the record <c>r</c> that <see cref="Read"/> takes.</summary>
    public const string Columns = "r.id AS id, r.key, r.revision, r.created, r.sealed";

    /// <summary>How many they are.</summary>
    public const int Width = 5;

    public static FoundRecord Read(NpgsqlDataReader row) =>
        new(row.Id(0), row.TextOrNull(1), row.GetInt64(2), row.GetInt64(3), row.TextOrNull(4));

    /// <summary>The record with nothing loaded.</summary>
    public RecordSnapshot ToSnapshot(string kind) =>
        new(Id, kind, Key, Revision, Microseconds.ToTime(Created), Seal is not null, IsPurged: false, default, new Dictionary<string, IReadOnlyList<FieldValue>>(), [])
        {
            Seal = RecordReader.Patterns(Seal),
        };
}
