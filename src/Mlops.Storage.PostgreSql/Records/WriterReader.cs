using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Reads the highest batch of a writer.</summary>
internal static class WriterReader
{
    public static async Task<long> FindSequenceAsync(Database database, NpgsqlConnection connection, RecordId writer, CancellationToken cancellationToken)
    {
        long sequence = 0;
        await new Round(database, connection).Add("SELECT sequence FROM mlops.writers WHERE writer = $1", Args.Of(writer))
            .ReadRowsAsync(cancellationToken, row => sequence = row.GetInt64(0)).ConfigureAwait(false);
        return sequence;
    }
}
