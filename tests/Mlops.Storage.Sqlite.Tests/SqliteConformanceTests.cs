using Microsoft.Data.Sqlite;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

public sealed class SqliteConformanceTests : MetadataStoreConformance, IDisposable
{
    private readonly TempStore _temp = new();

    public void Dispose() => _temp.Dispose();

    protected override Task<IMetadataStore> OpenAsync(TimeProvider time) => Task.FromResult<IMetadataStore>(_temp.Open(time));

    protected override Task<bool> TamperAsync(Tampering what)
    {
        _temp.Execute(what switch
        {
            Tampering.Field => "UPDATE fields SET value = 'y' WHERE value = 'x'",
            Tampering.Body => "UPDATE bodies SET body = x'00'",
            Tampering.LogEntry => "UPDATE log SET hash = zeroblob(32) WHERE sequence = 1",
            Tampering.LogEnd =>
                "DELETE FROM log WHERE sequence = 2; DELETE FROM fields WHERE entry = 2; "
                + "UPDATE records SET sequence = 1, revision = 1, head = (SELECT hash FROM log WHERE sequence = 1)",
            Tampering.Tail => "UPDATE series SET tail = CAST(substr(tail, 1, 20) || x'FF00' || substr(tail, 23) AS BLOB) WHERE tail_count > 0",
            Tampering.NoText => "UPDATE fields SET value = NULL WHERE value = 'x'",
            Tampering.FieldType => "UPDATE fields SET type = 9 WHERE value = 'x'",
            Tampering.FieldDigest => "UPDATE fields SET value = CAST(substr(value, 1, 5) AS BLOB) WHERE type = 5",
            Tampering.LogHash => "UPDATE log SET hash = x'00' WHERE rec = (SELECT rec FROM fields WHERE value = 'x')",
            Tampering.Head => "UPDATE records SET head = x'00' WHERE rec = (SELECT rec FROM fields WHERE value = 'x')",
            _ => "UPDATE chunks SET data = CAST(substr(data, 1, 100) || x'FF00' || substr(data, 103) AS BLOB)",
        });
        return Task.FromResult(true);
    }
}
