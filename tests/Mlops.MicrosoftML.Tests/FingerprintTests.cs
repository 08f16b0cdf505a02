using Microsoft.ML;

namespace Mlops.MicrosoftML.Tests;

public sealed class FingerprintTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Of_equalRows_isEqual() => Assert.Equal(Of(Sample.Rows(100)), Of(Sample.Rows(100)));

    [Fact]
    public void Of_anotherValueTextOrRow_differs()
    {
        var rows = Sample.Rows(100);
        var changed = new[]
        {
            Of(rows),
            Of([new Sample { Size = 2, Colour = "red", Kind = "cheap", Group = 1 }, .. rows.Skip(1)]),
            Of([new Sample { Size = 2, Colour = "rec", Kind = "cheap", Group = 1 }, .. rows.Skip(1)]),
            Of([.. rows.Take(99)]),
            Of([.. rows.Reverse()]),
        };
        Assert.Equal(changed.Length, changed.Distinct().Count());
    }

    [Fact]
    public void Of_rowsBeyondTheFirst_countButAreNotRead()
    {
        var rows = Sample.Rows(100);
        Assert.Equal(Of(rows, 50), Of([.. rows.Take(60), .. Sample.Rows(40, seed: 9)], 50));
        Assert.NotEqual(Of(rows, 50), Of([.. rows.Take(60)], 50));
    }

    [Theory]
    [InlineData(101, 100)]
    [InlineData(100, null)]
    public void Of_endWithinTheRows_tellsHowManyThereAre(long read, int? rows) =>
        Assert.Equal(rows, DataFingerprint.Of(_ml.Data.LoadFromEnumerable(Sample.Rows(100)), read, default).Rows);

    [Fact]
    public void Of_vectorsOfNumbersAndTexts_areRead()
    {
        string[] Hash(float last, string word) =>
            [DataFingerprint.Of(_ml.Data.LoadFromEnumerable([new Vectors { Numbers = [1, 0, last], Words = ["a", word] }]), 10, default).Hex];

        Assert.Equal(Hash(3, "b"), Hash(3, "b"));
        Assert.NotEqual(Hash(3, "b"), Hash(4, "b"));
        Assert.NotEqual(Hash(3, "b"), Hash(3, "c"));
    }

    private string Of(IReadOnlyList<Sample> rows, long read = 10_000) => DataFingerprint.Of(_ml.Data.LoadFromEnumerable(rows), read, default).Hex;

    private sealed class Vectors
    {
        public float[] Numbers { get; init; } = [];

        public string[] Words { get; init; } = [];
    }
}
