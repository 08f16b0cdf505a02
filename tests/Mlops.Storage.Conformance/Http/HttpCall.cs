namespace Mlops.Storage.Conformance;

/// <summary>A request that came to a <see cref="HttpFaultProxy"/>, without its body.</summary>
/// <param name="Method">Such as <c>PUT</c>.</param>
/// <param name="Path">As it was sent: starts with a slash, percent-encoded.</param>
/// <param name="Query">Its parameters, decoded; one without a value has the value <c>""</c>.</param>
/// <param name="Headers">In any case of their names; the last one where a name occurs twice.</param>
public sealed record HttpCall(
    string Method, string Path, IReadOnlyDictionary<string, string> Query, IReadOnlyDictionary<string, string> Headers)
{
    internal static HttpCall Of(HttpHead head)
    {
        var parts = head.StartLine.Split(' ');
        var target = parts[1].Split('?', 2);
        var query = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in (target.Length == 2 ? target[1] : "").Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var named = pair.Split('=', 2);
            query[Uri.UnescapeDataString(named[0])] = Uri.UnescapeDataString(named.Length == 2 ? named[1] : "");
        }

        return new HttpCall(parts[0], target[0], query, head.Headers);
    }
}
