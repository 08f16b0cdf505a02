using System.Runtime.CompilerServices;

namespace Mlops.Storage;

/// <summary>Objects that are named by a digest, at <c>prefix/ab/ab…</c>.</summary>
internal static class DigestName
{
    public static ObjectName Of(string prefix, Digest digest)
    {
        var text = digest.ToString();
        return ObjectName.Parse($"{prefix}{text[..2]}/{text}");
    }

    /// <summary>All of them; what else somebody put below the prefix is passed over.</summary>
    public static async IAsyncEnumerable<(Digest Digest, long SizeBytes)> ListAsync(
        IObjectStore objects, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var found in objects.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            if (Digest.TryParse(found.Name.Value.AsSpan(found.Name.Value.LastIndexOf('/') + 1), out var digest) && Of(prefix, digest) == found.Name)
                yield return (digest, found.SizeBytes);
        }
    }
}
