namespace Mlops.Architecture.Tests;

internal static class Offenders
{
    /// <summary>Fails with the whole list, one a line; <c>Assert.Empty</c> shows only the first few.</summary>
    public static void AssertNone(IEnumerable<string?> offenders)
    {
        var list = offenders.ToList();
        Assert.True(list.Count == 0, $"{list.Count} found:{Environment.NewLine}{string.Join(Environment.NewLine, list)}");
    }
}
