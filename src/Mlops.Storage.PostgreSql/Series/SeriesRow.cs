using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>A row of the table series.</summary>
internal sealed record SeriesRow(SeriesType Type, int Chunks, SeriesSummary Summary)
{
    /// <summary>The columns that <see cref="Read"/> takes.</summary>
    public const string Columns =
        "s.type, s.chunks, s.count, s.nan_count, s.first_step, s.last_step, s.last_time, s.last, s.min, s.min_step, s.max, s.max_step, s.sum";

    /// <summary>How many they are.</summary>
    public const int Width = 13;

    public static SeriesRow Read(NpgsqlDataReader row, int column) => new(
        (SeriesType)row.GetInt16(column),
        row.GetInt32(column + 1),
        new SeriesSummary
        {
            Count = row.GetInt64(column + 2),
            NanCount = row.GetInt64(column + 3),
            FirstStep = row.GetInt64(column + 4),
            LastStep = row.GetInt64(column + 5),
            LastTime = row.GetInt64(column + 6),
            Last = row.Number(column + 7),
            Min = row.Number(column + 8),
            MinStep = row.GetInt64(column + 9),
            Max = row.Number(column + 10),
            MaxStep = row.GetInt64(column + 11),
            Sum = row.Number(column + 12),
        });
}
