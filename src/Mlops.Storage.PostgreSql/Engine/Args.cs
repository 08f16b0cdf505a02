using Npgsql;
using NpgsqlTypes;

namespace Mlops.Storage.PostgreSql;

/// <summary>Typed parameters; no value ever becomes part of the SQL.</summary>
internal static class Args
{
    public static NpgsqlParameter Of(long value) => new NpgsqlParameter<long> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    public static NpgsqlParameter Of(int value) => new NpgsqlParameter<int> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Integer };

    public static NpgsqlParameter Of(double value) => new NpgsqlParameter<double> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Double };

    public static NpgsqlParameter Of(bool value) => new NpgsqlParameter<bool> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Boolean };

    public static NpgsqlParameter Of(string value) => new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter Of(byte[] value) => new NpgsqlParameter<byte[]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea };

    public static NpgsqlParameter Of(RecordId id) => new NpgsqlParameter<Guid> { TypedValue = id.ToGuid(), NpgsqlDbType = NpgsqlDbType.Uuid };

    public static NpgsqlParameter Of(Digest digest) => Of(digest.ToBytes());

    public static NpgsqlParameter All(IEnumerable<RecordId> values) => Array(values.Select(v => v.ToGuid()), NpgsqlDbType.Uuid);

    public static NpgsqlParameter All(IEnumerable<RecordId?> values) => Array(values.Select(v => v?.ToGuid()), NpgsqlDbType.Uuid);

    public static NpgsqlParameter All(IEnumerable<long> values) => Array(values, NpgsqlDbType.Bigint);

    public static NpgsqlParameter All(IEnumerable<long?> values) => Array(values, NpgsqlDbType.Bigint);

    public static NpgsqlParameter All(IEnumerable<int> values) => Array(values, NpgsqlDbType.Integer);

    public static NpgsqlParameter All(IEnumerable<short> values) => Array(values, NpgsqlDbType.Smallint);

    public static NpgsqlParameter All(IEnumerable<bool> values) => Array(values, NpgsqlDbType.Boolean);

    public static NpgsqlParameter All(IEnumerable<double> values) => Array(values, NpgsqlDbType.Double);

    public static NpgsqlParameter All(IEnumerable<double?> values) => Array(values, NpgsqlDbType.Double);

    public static NpgsqlParameter All(IEnumerable<string?> values) => Array(values, NpgsqlDbType.Text);

    public static NpgsqlParameter All(IEnumerable<byte[]?> values) => Array(values, NpgsqlDbType.Bytea);

    public static Guid ToGuid(this RecordId id)
    {
        Span<byte> bytes = stackalloc byte[RecordId.SizeBytes];
        id.Write(bytes);
        return new Guid(bytes, bigEndian: true);
    }

    public static byte[] ToBytes(this RecordId id)
    {
        var bytes = new byte[RecordId.SizeBytes];
        id.Write(bytes);
        return bytes;
    }

    public static byte[] ToBytes(this Digest digest)
    {
        var bytes = new byte[Digest.SizeBytes];
        digest.Write(bytes);
        return bytes;
    }

    private static NpgsqlParameter<T[]> Array<T>(IEnumerable<T> values, NpgsqlDbType type) =>
        new() { TypedValue = values as T[] ?? [.. values], NpgsqlDbType = NpgsqlDbType.Array | type };
}
