using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>Reads the highest batch of a writer.</summary>
internal static class WriterReader
{
    public static async Task<long> FindSequenceAsync(Database database, NpgsqlConnection connection, RecordId writer, CancellationToken cancellationToken)
    {
        var round = new Round(database, connection).Add("SELECT sequence FROM mlops.writers WHERE writer = $1", Args.Of(writer));
        await using (round.ConfigureAwait(false))
        {
            var rows = await round.ReadAsync(cancellationToken).ConfigureAwait(false);
            await using (rows.ConfigureAwait(false))
                return await rows.ReadAsync(cancellationToken).ConfigureAwait(false) ? rows.GetInt64(0) : 0;
        }
    }
}
