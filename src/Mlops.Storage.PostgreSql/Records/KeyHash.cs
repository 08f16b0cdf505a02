using System.Text;

namespace Mlops.Storage.PostgreSql;

/// <summary>The SHA-256 of a record's key, by which it is found and unique: a key may be longer than an index takes.</summary>
internal static class KeyHash
{
    public static byte[] Of(string key) => Digest.Of(Encoding.UTF8.GetBytes(key)).ToBytes();
}
