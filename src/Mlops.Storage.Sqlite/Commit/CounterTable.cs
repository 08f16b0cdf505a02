namespace Mlops.Storage.Sqlite;

/// <summary>Counters, whose numbers are dense because they commit with what they number.</summary>
internal sealed class CounterTable(Session session)
{
    private readonly Statement _next = session.Prepare(
        "INSERT INTO counters (name, last) VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last");

    public long Next(string counter)
    {
        using var rows = _next.Bind(1, counter).Query();
        rows.Read();
        return rows.Int64(0);
    }
}
