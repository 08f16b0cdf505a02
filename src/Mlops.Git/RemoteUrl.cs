namespace Mlops.Git;

/// <summary>Addresses of remotes, which may hold a user, a password or a token.</summary>
internal static class RemoteUrl
{
    /// <summary>The address without user, password, query and fragment: a URL, <c>host:path</c> as of SSH, or a path as it is.</summary>
    public static string WithoutUser(string url)
    {
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            // user@host:path; in a local path an @ stands behind a slash
            var end = url.IndexOfAny(['/', '\\', ':']);
            return url[(url.LastIndexOf('@', end < 0 ? url.Length - 1 : end) + 1)..];
        }

        var host = scheme + 3;
        url = url[..(url.IndexOfAny(['?', '#'], host) is > 0 and var tail ? tail : url.Length)];
        var path = url.IndexOf('/', host) is > 0 and var slash ? slash : url.Length;
        return url[..host] + url[(url.LastIndexOf('@', path - 1, path - host) + 1 is > 0 and var at ? at : host)..];
    }
}
