using Npgsql;

namespace Mlops.Storage.PostgreSql;

/// <summary>
/// Reads <c>postgres://user:password@host:port/database?schema=s&amp;keyword=value</c>; the keywords are those of Npgsql's connection
/// string, such as <c>SSL Mode</c>. No message quotes the URI, which may hold a password.
/// </summary>
internal static class PostgreSqlUri
{
    public static IReadOnlyList<string> Schemes { get; } = ["postgres", "postgresql"];

    /// <summary>The options that the text names; null if it is not such a URI.</summary>
    public static PostgreSqlStoreOptions? TryParse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && Schemes.Contains(uri.Scheme) ? Parse(uri) : null;

    /// <exception cref="ArgumentException">A part is missing or not understood.</exception>
    public static PostgreSqlStoreOptions Parse(Uri uri)
    {
        var builder = new NpgsqlConnectionStringBuilder { Host = uri.Host, Database = Uri.UnescapeDataString(uri.AbsolutePath.Trim('/')) };
        if (builder.Host.Length == 0 || builder.Database.Length == 0)
            throw new ArgumentException("A PostgreSQL URI names host and database: postgres://user@host/database.");
        if (uri.Port > 0)
            builder.Port = uri.Port;
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
            builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length == 2)
            builder.Password = Uri.UnescapeDataString(user[1]);

        var schema = "mlops";
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var name = Uri.UnescapeDataString(parts[0]);
            var value = Uri.UnescapeDataString(parts.Length == 2 ? parts[1] : "");
            if (name == "schema")
                schema = value;
            else
                Set(builder, name, value);
        }

        return new PostgreSqlStoreOptions { ConnectionString = builder.ConnectionString, Schema = schema };
    }

    private static void Set(NpgsqlConnectionStringBuilder builder, string name, string value)
    {
        try
        {
            builder[name] = value;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException)
        {
            throw new ArgumentException(
                $"'{name}' in the PostgreSQL URI is not a keyword of Npgsql, or its value does not fit; use 'schema', 'objects', or a keyword of a connection string.");
        }
    }
}
