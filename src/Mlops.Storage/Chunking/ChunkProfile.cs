using System.Globalization;

namespace Mlops.Storage;

/// <summary>
/// How content is cut. A store keeps the one that it began with, since other cuts would share nothing with what is there.
/// </summary>
/// <param name="Least">Bytes of the smallest chunk; the last of a content may be smaller.</param>
/// <param name="Average">Bytes around which most chunks end; a power of two from 2^14 to 2^17.</param>
/// <param name="Most">Bytes of the largest chunk.</param>
internal readonly record struct ChunkProfile(int Least, int Average, int Most)
{
    // "fastcdc" with normalisation 1: one bit more than the average asks for before it, one bit fewer behind it
    private const string Algorithm = "fastcdc-nc1";

    public static ChunkProfile Default { get; } = new(16 * 1024, 64 * 1024, 256 * 1024);

    /// <exception cref="StoreVersionException">A newer release made it.</exception>
    public static ChunkProfile Parse(string text)
    {
        var parts = text.Split(' ');
        if (parts is [Algorithm, var least, var average, var most]
            && int.TryParse(least, NumberStyles.None, CultureInfo.InvariantCulture, out var l)
            && int.TryParse(average, NumberStyles.None, CultureInfo.InvariantCulture, out var a)
            && int.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out var m)
            && l > 0 && l <= a && a <= m && m <= 64 * 1024 * 1024
            && int.IsPow2(a) && int.Log2(a) is >= 14 and <= 17)
        {
            return new ChunkProfile(l, a, m);
        }

        throw new StoreVersionException($"The store cuts contents by '{text}', which this release does not know; use the release that made it, or a newer one.");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Algorithm} {Least} {Average} {Most}");
}
