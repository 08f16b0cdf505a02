using Mlops.Storage.Conformance;

namespace Mlops.Storage.PostgreSql.Tests;

[Collection(SharedServer.Name)]
public sealed class PostgreSqlConformanceTests(PostgreSqlServer server) : MetadataStoreConformance
{
    private readonly string _schema = PostgreSqlServer.NewSchema();

    protected override async Task<IMetadataStore> OpenAsync(TimeProvider time)
    {
        server.Require();
        return await PostgreSqlMetadataStore.OpenAsync(server.Options(_schema, time));
    }

    protected override async Task<bool> TamperAsync(Tampering what)
    {
        var s = _schema;
        await server.ExecuteAsync(what switch
        {
            Tampering.Field => $"UPDATE {s}.fields SET text = 'y' WHERE text = 'x'",
            Tampering.Body => $"UPDATE {s}.bodies SET body = '\\x00'",
            Tampering.LogEntry => $"UPDATE {s}.log SET hash = decode(repeat('00', 32), 'hex') WHERE sequence = 1",
            Tampering.LogEnd =>
                $"DELETE FROM {s}.log WHERE sequence = 2; DELETE FROM {s}.fields WHERE entry = 2; "
                + $"UPDATE {s}.records SET sequence = 1, revision = 1, head = (SELECT hash FROM {s}.log WHERE sequence = 1)",
            Tampering.Tail => $"UPDATE {s}.tails SET data = substring(data FROM 1 FOR 20) || '\\xFF00'::bytea || substring(data FROM 23)",
            Tampering.NoText => $"UPDATE {s}.fields SET text = NULL WHERE text = 'x'",
            Tampering.FieldType => $"UPDATE {s}.fields SET type = 9 WHERE text = 'x'",
            Tampering.FieldDigest => $"UPDATE {s}.fields SET bytes = substring(bytes FROM 1 FOR 5) WHERE type = 5",
            Tampering.LogHash => $"UPDATE {s}.log SET hash = '\\x00' WHERE record = (SELECT record FROM {s}.fields WHERE text = 'x')",
            Tampering.Head => $"UPDATE {s}.records SET head = '\\x00' WHERE id = (SELECT record FROM {s}.fields WHERE text = 'x')",
            _ => $"UPDATE {s}.chunks SET data = substring(data FROM 1 FOR 100) || '\\xFF00'::bytea || substring(data FROM 103)",
        });
        return true;
    }
}
