namespace Mlops.Storage.S3;

/// <summary>
/// Reads <c>s3://bucket/prefix?endpoint=http://host:9000&amp;region=r&amp;pathStyle=true</c>. No message quotes the URI, in which
/// somebody may have written a secret.
/// </summary>
internal static class S3Uri
{
    public const string Scheme = "s3";

    /// <exception cref="ArgumentException">A part is missing or not understood.</exception>
    public static S3ObjectStoreOptions Parse(Uri uri)
    {
        if (uri.Scheme != Scheme || uri.Host.Length == 0 || !uri.IsDefaultPort)
            throw new ArgumentException("An S3 URI names bucket and prefix: s3://bucket/prefix?region=eu-central-1.");
        if (uri.UserInfo.Length > 0)
            throw new ArgumentException("An S3 URI holds no credentials; they come from AWS_ACCESS_KEY_ID, a profile or a role, as the AWS SDK finds them.");

        var options = new S3ObjectStoreOptions { Bucket = uri.Host, Prefix = Uri.UnescapeDataString(uri.AbsolutePath).Trim('/') };
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var value = Uri.UnescapeDataString(parts.Length == 2 ? parts[1] : "");
            options = (parts[0], value) switch
            {
                ("region", { Length: > 0 }) => options with { Region = value },
                ("endpoint", _) when Uri.TryCreate(value, UriKind.Absolute, out var endpoint) => options with { Endpoint = endpoint },
                ("pathStyle", "true" or "false") => options with { PathStyle = value == "true" },
                _ => throw new ArgumentException($"'{parts[0]}' in the S3 URI is not known or its value does not fit; there are endpoint=http://host:9000, region=name and pathStyle=true."),
            };
        }

        options.Validate();
        return options;
    }
}
