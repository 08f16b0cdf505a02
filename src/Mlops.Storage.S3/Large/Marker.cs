using System.Text;

namespace Mlops.Storage.S3;

/// <summary>
/// What is at the name of a large object, for whoever looks into the bucket: the metadata count. All have one size, so that a
/// listing, which shows no metadata, tells what may be one; each has its own ETag, so that it can be replaced under a condition.
/// </summary>
internal static class Marker
{
    private const string Text = "A large object of Mlops.Sdk. Its bytes are below ~large/ under this name and id, with 16 random bytes behind them: ";

    public static int SizeBytes { get; } = Body(new string('0', 32)).Length;

    public static byte[] Body(string id) => Encoding.ASCII.GetBytes($"{Text}{id}\n");
}
